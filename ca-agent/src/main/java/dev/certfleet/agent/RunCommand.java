package dev.certfleet.agent;

import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

/** {@code ca-agent run}: the agent itself, until it is told to stop. {@link Main} starts it without this where it can. */
@Command(
        name = "run",
        mixinStandardHelpOptions = true,
        description =
                "Keeps this node's certificates. Enrols by itself where the node is not enrolled and there is a token file.")
final class RunCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Override
    public Integer call() throws InterruptedException {
        CaAgent program = Objects.requireNonNull(agent);
        return AgentProcess.run(program.settings(), program.clock(), program.random())
                .status();
    }
}
