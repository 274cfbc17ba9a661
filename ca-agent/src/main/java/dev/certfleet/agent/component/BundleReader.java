package dev.certfleet.agent.component;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** How a component reads a CA bundle, by the sources of Kubernetes 1.34 and etcd 3.6 (docs/adr/0026). */
sealed interface BundleReader {
    Component component();

    /**
     * Once, when it starts.
     *
     * @param flags its arguments that lead to the bundle
     * @param file what such an argument names: the bundle, or a kubeconfig that names it
     */
    record AtStart(Component component, Set<String> flags, Path file) implements BundleReader {}

    /**
     * Whenever the file changes, and names its authorities to clients in a handshake.
     *
     * @param port where
     * @param others bundles whose authorities are named there too
     */
    record Watching(Component component, int port, List<String> others) implements BundleReader {}

    /**
     * Whenever a file that leads to it changes, which the agent sees to.
     *
     * @param flag the argument that names that file
     */
    record Through(Component component, String flag, Path configuration) implements BundleReader {}
}
