package dev.certfleet.endtoend;

import dev.certfleet.pki.testing.Needs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A container image made here, as no registry is asked: busybox alone, which sleeps. It stands for the pause image and for
 * the one container of a pod.
 */
final class LocalImage {
    static final String NAME = "certfleet.test/busybox:1";
    static final Path BUSYBOX = Path.of("/bin/busybox");

    private LocalImage() {}

    /** An archive for {@code ctr images import}, in the form of {@code docker save}. */
    static Path make(Path folder) {
        Needs.met(isStatic(), "/bin/busybox that is statically linked (Debian's busybox-static)");
        try {
            var programs = Files.createDirectories(folder.resolve("rootfs/bin"));
            Files.copy(
                    BUSYBOX,
                    programs.resolve("busybox"),
                    StandardCopyOption.REPLACE_EXISTING,
                    StandardCopyOption.COPY_ATTRIBUTES);
            tar(folder.resolve("rootfs"), "layer.tar", "bin");
            Files.move(
                    folder.resolve("rootfs/layer.tar"),
                    folder.resolve("layer.tar"),
                    StandardCopyOption.REPLACE_EXISTING);
            var layer = Command.of("sha256sum", folder.resolve("layer.tar").toString())
                    .run()
                    .orFail()
                    .stdout()
                    .split(" ", 2)[0];
            Files.writeString(folder.resolve("config.json"), """
                    {"architecture": "%s", "os": "linux",
                     "config": {"Cmd": ["/bin/busybox", "sleep", "2147483647"]},
                     "rootfs": {"type": "layers", "diff_ids": ["sha256:%s"]}}
                    """.formatted(architecture(), layer));
            Files.writeString(folder.resolve("manifest.json"), """
                    [{"Config": "config.json", "RepoTags": ["%s"], "Layers": ["layer.tar"]}]
                    """.formatted(NAME));
            tar(folder, "image.tar", "manifest.json", "config.json", "layer.tar");
            return folder.resolve("image.tar").toAbsolutePath();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isStatic() {
        return Files.isExecutable(BUSYBOX)
                && !Command.of("ldd", BUSYBOX.toString()).run().succeeded();
    }

    private static String architecture() {
        return switch (System.getProperty("os.arch")) {
            case "aarch64" -> "arm64";
            default -> "amd64";
        };
    }

    private static void tar(Path folder, String archive, String... members) {
        Command.of(Command.concat(
                        java.util.List.of(
                                "tar", "--create", "--directory=" + folder, "--file=" + folder.resolve(archive)),
                        java.util.List.of(members)))
                .run()
                .orFail();
    }
}
