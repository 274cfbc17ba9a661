package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A control group of one node's containers, in each hierarchy of the machine (version 1 has one for each controller), so that
 * none of theirs is among the machine's own. Its name begins with {@code certfleet-} and the process id of the test; those of
 * tests that are no longer alive are removed before the next is made.
 */
final class ControlGroups implements AutoCloseable {
    private static final String PREFIX = "certfleet-";

    private final String name;
    private final List<Path> folders = new ArrayList<>();

    private ControlGroups(String name) {
        this.name = name;
    }

    /** @param node the node's namespace, whose name carries the process id */
    static ControlGroups create(NetworkNamespace node) {
        var groups = new ControlGroups(node.namespace());
        try {
            for (var hierarchy : hierarchies()) {
                removeWhatCrashedTestsLeft(hierarchy);
                groups.folders.add(Files.createDirectory(hierarchy.resolve(groups.name)));
            }
        } catch (IOException e) {
            groups.close();
            throw new UncheckedIOException(e);
        }
        return groups;
    }

    /** As the kubelet's {@code cgroupRoot} has it. */
    String path() {
        return "/" + name;
    }

    private static List<Path> hierarchies() throws IOException {
        return Files.readAllLines(Path.of("/proc/mounts")).stream()
                .map(line -> line.split(" "))
                .filter(mount -> mount[2].equals("cgroup") || mount[2].equals("cgroup2"))
                .map(mount -> Path.of(mount[1]))
                .distinct()
                .toList();
    }

    private static void removeWhatCrashedTestsLeft(Path hierarchy) throws IOException {
        try (var groups = Files.newDirectoryStream(hierarchy, PREFIX + "*")) {
            for (var group : groups) {
                var pid = group.getFileName()
                        .toString()
                        .substring(PREFIX.length())
                        .split("-", 2)[0];
                if (!Files.exists(Path.of("/proc", pid))) {
                    remove(group);
                }
            }
        }
    }

    /** Ends what still runs in it and removes it. */
    @Override
    public void close() {
        folders.forEach(ControlGroups::remove);
    }

    private static void remove(Path group) {
        Await.until("the control group " + group + " is empty and gone", Duration.ofSeconds(10), () -> {
            for (var each : below(group)) {
                pidsIn(each).forEach(ProcessHandle::destroyForcibly);
                Files.deleteIfExists(each);
            }
            return true;
        });
    }

    /** The group and all in it, the innermost first. */
    private static List<Path> below(Path group) throws IOException {
        if (!Files.exists(group)) {
            return List.of();
        }
        try (var files = Files.walk(group)) {
            return files.filter(Files::isDirectory)
                    .sorted(Comparator.reverseOrder())
                    .toList();
        }
    }

    private static Stream<ProcessHandle> pidsIn(Path group) throws IOException {
        return Files.readAllLines(group.resolve("cgroup.procs")).stream()
                .flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream());
    }
}
