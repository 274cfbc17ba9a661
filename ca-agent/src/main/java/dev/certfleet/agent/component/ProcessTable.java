package dev.certfleet.agent.component;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The kernel's list of processes (proc(5)). Times are since the boot, as both the kernel's start times and {@code /proc/uptime}
 * are, so that no change of the clock matters.
 */
final class ProcessTable {
    private static final Path PROC = Path.of("/proc");
    /** USER_HZ: what the kernel counts start times in, on every architecture that Java runs on. */
    private static final int TICKS_A_SECOND = 100;
    /** Of the fields after the command's name, the start time: number 22 in proc_pid_stat(5). */
    private static final int START_TIME = 22 - 3;

    private ProcessTable() {}

    /**
     * A process.
     *
     * @param arguments without the program's name
     * @param started since the boot, to a hundredth of a second, rounded down
     */
    record Running(long pid, List<String> arguments, Duration started) {
        /** True where an argument is {@code --flag=value} or {@code --flag value}, with one dash or two. */
        boolean says(String flag, String value) {
            for (int i = 0; i < arguments.size(); i++) {
                String argument = arguments.get(i).replaceFirst("^--?", "");
                boolean isNext = argument.equals(flag)
                        && i + 1 < arguments.size()
                        && arguments.get(i + 1).equals(value);
                if (isNext || argument.equals(flag + "=" + value)) {
                    return true;
                }
            }
            return false;
        }
    }

    /** Those whose program has this name; what this agent may not see is not there. */
    static List<Running> named(String program) {
        List<Running> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                read(process, program).ifPresent(found::add);
            }
        } catch (IOException e) {
            return List.of();
        }
        return found;
    }

    private static Optional<Running> read(Path process, String program) {
        try {
            String[] words = new String(Files.readAllBytes(process.resolve("cmdline")), UTF_8).split("\0");
            if (!words[0].substring(words[0].lastIndexOf('/') + 1).equals(program)) {
                return Optional.empty();
            }
            return Optional.of(new Running(
                    Long.parseLong(process.getFileName().toString()),
                    List.of(words).subList(1, words.length),
                    started(process)));
        } catch (IOException | NumberFormatException e) {
            // It ended meanwhile.
            return Optional.empty();
        }
    }

    private static Duration started(Path process) throws IOException {
        String stat = new String(Files.readAllBytes(process.resolve("stat")), ISO_8859_1);
        // The command's name is in brackets and may hold anything.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Duration.ofMillis(Long.parseLong(fields[START_TIME]) * (1000 / TICKS_A_SECOND));
    }

    /** The control groups that a process is in; empty where it ended. */
    static String controlGroups(long pid) {
        try {
            return Files.readString(PROC.resolve(Long.toString(pid)).resolve("cgroup"), US_ASCII);
        } catch (IOException e) {
            return "";
        }
    }

    /** Since the boot. */
    static Duration uptime() {
        try {
            String seconds = Files.readString(PROC.resolve("uptime"), US_ASCII).split(" ")[0];
            return Duration.ofMillis(Math.round(Double.parseDouble(seconds) * 1000));
        } catch (IOException | NumberFormatException e) {
            throw new IllegalStateException("the kernel does not say how long it runs", e);
        }
    }

    static String bootId() {
        try {
            return Files.readString(PROC.resolve("sys/kernel/random/boot_id"), US_ASCII)
                    .strip();
        } catch (IOException e) {
            return "";
        }
    }
}
