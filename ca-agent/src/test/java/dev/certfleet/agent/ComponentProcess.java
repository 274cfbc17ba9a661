package dev.certfleet.agent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A process that is called like a component and has its arguments, and does nothing. Ends with the test's own process. */
final class ComponentProcess implements AutoCloseable {
    private final Process process;

    private ComponentProcess(Process process) {
        this.process = process;
    }

    static ComponentProcess start(String name, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "exec -a \"$0\" sh -c 'echo; read x' \"$@\"", name));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command).start();
        // The line comes once it has its name.
        if (process.getInputStream().read() < 0) {
            throw new IOException(name + " did not start");
        }
        // Start times are in hundredths of a second.
        Thread.sleep(20);
        return new ComponentProcess(process);
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    void awaitEnd() throws InterruptedException {
        process.waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
