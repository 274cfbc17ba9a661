package dev.certfleet.agent;

import dev.certfleet.agent.adopt.ReleaseNode;
import dev.certfleet.agent.settings.Settings;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code ca-agent release}: gives an adopted node back to kubeadm. */
@Command(
        name = "release",
        mixinStandardHelpOptions = true,
        description = "Gives a node that was adopted back to kubeadm. The agent does not run any more.")
final class ReleaseCommand implements Callable<Integer> {
    @ParentCommand
    @Nullable
    CaAgent agent;

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        Settings settings = Objects.requireNonNull(agent).settings();
        StateFolder folder = new StateFolder(settings.paths().state());
        PrintWriter out = Objects.requireNonNull(spec).commandLine().getOut();
        try (StateFolder.Lock _ = folder.lock()) {
            new ReleaseNode(settings, folder).release().forEach(out::println);
            out.flush();
            return ExitCode.OK.status();
        }
    }
}
