package dev.certfleet.pki.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;

/**
 * A module's fuzz targets as plain tests: each class {@code …Fuzz} among its test classes, given each file of {@code
 * src/test/resources/fuzz/…Fuzz}, which are what fuzzing starts from and what it once found. Fuzzing itself is {@code
 * src/fuzz}.
 */
public final class FuzzInputs {
    private static final Path CLASSES = Path.of("target/test-classes");
    private static final Path INPUTS = Path.of("src/test/resources/fuzz");

    private FuzzInputs() {}

    /** One container a target, one test an input; a target without inputs is a failure. */
    public static Stream<DynamicContainer> replayed() {
        List<Path> targets = files(CLASSES, "Fuzz.class");
        if (targets.isEmpty()) {
            throw new AssertionError("no fuzz target in " + CLASSES.toAbsolutePath());
        }
        return targets.stream().map(FuzzInputs::target);
    }

    private static DynamicContainer target(Path file) {
        String name = CLASSES.relativize(file).toString().replace('/', '.').replaceFirst("\\.class$", "");
        String simple = name.substring(name.lastIndexOf('.') + 1);
        List<Path> inputs = files(INPUTS.resolve(simple), "");
        if (inputs.isEmpty()) {
            throw new AssertionError("no input in " + INPUTS.resolve(simple) + " to start fuzzing from");
        }
        return DynamicContainer.dynamicContainer(
                simple,
                inputs.stream()
                        .map(input -> DynamicTest.dynamicTest(
                                input.getFileName().toString(), () -> run(name, Files.readAllBytes(input)))));
    }

    private static void run(String target, byte[] input) throws Throwable {
        Method method = Class.forName(target).getMethod("fuzzerTestOneInput", byte[].class);
        try {
            method.invoke(null, input);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private static List<Path> files(Path folder, String ending) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().endsWith(ending))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
