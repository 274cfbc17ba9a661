package dev.certfleet.endtoend;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateFactory;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Reads a CRL file again and again, as etcd does, and counts what is in it; one that cannot be read is a failure. */
final class WatchedFile implements AutoCloseable {
    private final Path file;
    private final Set<Integer> contents = ConcurrentHashMap.newKeySet();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    private WatchedFile(Path file) {
        this.file = file;
        this.thread = Thread.ofPlatform().name("watch").start(this::watch);
    }

    static WatchedFile watch(Path file) {
        return new WatchedFile(file);
    }

    private void watch() {
        while (!stopped) {
            try {
                byte[] read = Files.readAllBytes(file);
                if (contents.add(java.util.Arrays.hashCode(read))) {
                    CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(read));
                }
                Thread.sleep(5);
            } catch (IOException | GeneralSecurityException e) {
                failures.add(e.toString());
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    int different() {
        return contents.size();
    }

    List<String> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        stopped = true;
        thread.interrupt();
    }
}
