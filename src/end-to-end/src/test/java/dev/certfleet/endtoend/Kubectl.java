package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A person or program with a kubeconfig. */
final class Kubectl {
    private final Binaries binaries;
    private final Place place;
    private final Path kubeconfig;

    Kubectl(Binaries binaries, Place place, Path kubeconfig) {
        this.binaries = binaries;
        this.place = place;
        this.kubeconfig = kubeconfig.toAbsolutePath();
    }

    /** Writes a kubeconfig of files, and returns the one who uses it. */
    static Kubectl as(Binaries binaries, Path kubeconfig, String server, ClientIdentity identity) {
        try {
            Files.writeString(kubeconfig, """
                    apiVersion: v1
                    kind: Config
                    clusters:
                    - name: cluster
                      cluster: {server: "%s", certificate-authority: "%s"}
                    users:
                    - name: user
                      user: {client-certificate: "%s", client-key: "%s"}
                    contexts:
                    - name: context
                      context: {cluster: cluster, user: user}
                    current-context: context
                    """.formatted(
                            server,
                            identity.authority().toAbsolutePath(),
                            identity.certificate().toAbsolutePath(),
                            identity.key().toAbsolutePath()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Kubectl(binaries, Place.THIS_MACHINE, kubeconfig);
    }

    Path kubeconfig() {
        return kubeconfig;
    }

    Command.Result run(String... arguments) {
        return command(arguments).run();
    }

    /** {@code kubectl apply} of that manifest. */
    Command.Result apply(String manifest) {
        return command("apply", "-f", "-").input(manifest).run();
    }

    /** {@code kubectl create} of that manifest; unlike {@link #apply} it reads nothing first. */
    Command.Result create(String manifest) {
        return command("create", "--validate=false", "-f", "-").input(manifest).run();
    }

    private Command command(String... arguments) {
        var argv = Command.concat(
                java.util.List.of(binaries.path("kubectl"), "--kubeconfig=" + kubeconfig),
                java.util.List.of(arguments));
        // What it learnt of the API is kept beside the kubeconfig, not with the person who runs the test.
        return place.command(argv.toArray(String[]::new)).environment("KUBECACHEDIR", kubeconfig + ".cache");
    }
}
