package dev.certfleet.endtoend;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Where the Kubernetes programs are: in the folder {@code KUBEBUILDER_ASSETS} where it has them, else where
 * {@code src/end-to-end/build-binaries} puts them.
 */
final class Binaries {
    private static final Path BUILDER = Path.of("build-binaries").toAbsolutePath();

    private final List<Path> folders;

    private Binaries(List<Path> folders) {
        this.folders = folders;
    }

    static Binaries find() {
        var builder = Command.of(BUILDER.toString(), "--print-folder");
        for (var name : List.of("CERTFLEET_CACHE", "XDG_CACHE_HOME", "HOME")) {
            var value = System.getenv(name);
            if (value != null) {
                builder.environment(name, value);
            }
        }
        var built = builder.run().orFail().stdout().lines();
        var assets = System.getenv("KUBEBUILDER_ASSETS");
        var given = assets == null || assets.isEmpty() ? List.<String>of() : List.of(assets);
        return new Binaries(java.util.stream.Stream.concat(given.stream(), built)
                .map(Path::of)
                .toList());
    }

    /** @throws AssertionError that says what to run, where the program is in no folder */
    String path(String program) {
        return folders.stream()
                .map(folder -> folder.resolve(program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new AssertionError("There is no " + program + " in " + folders
                        + "; run src/end-to-end/build-binaries " + program + " (src/verify does)"))
                .toString();
    }
}
