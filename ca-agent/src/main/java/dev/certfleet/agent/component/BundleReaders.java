package dev.certfleet.agent.component;

import dev.certfleet.agent.component.BundleReader.AtStart;
import dev.certfleet.agent.component.BundleReader.Through;
import dev.certfleet.agent.component.BundleReader.Watching;
import dev.certfleet.agent.publish.Layout;
import dev.certfleet.agent.settings.ComponentSettings;
import dev.certfleet.pki.ProfileName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which components of a node read which bundle. */
final class BundleReaders {
    private static final Set<String> KUBECONFIGS =
            Set.of("kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig");

    private final Layout layout;
    private final ComponentSettings settings;
    private final int etcdPeerPort;

    BundleReaders(Layout layout, ComponentSettings settings, int etcdPeerPort) {
        this.layout = layout;
        this.settings = settings;
        this.etcdPeerPort = etcdPeerPort;
    }

    List<BundleReader> of(String bundle, Path file) {
        int apiServer = settings.of(Component.KUBE_APISERVER).port();
        return switch (bundle) {
            case "etcd" ->
                List.of(
                        new AtStart(Component.ETCD, Set.of("trusted-ca-file", "peer-trusted-ca-file"), file),
                        new Watching(Component.ETCD, settings.of(Component.ETCD).port(), List.of()),
                        new Watching(Component.ETCD, etcdPeerPort, List.of()),
                        new AtStart(Component.KUBE_APISERVER, Set.of("etcd-cafile"), file));
            case "clients" -> List.of(new Watching(Component.KUBE_APISERVER, apiServer, List.of("front-proxy")));
            case "front-proxy" -> List.of(new Watching(Component.KUBE_APISERVER, apiServer, List.of("clients")));
            case "kubernetes" -> kubernetes(file);
            case "agents" ->
                List.of(new Through(
                        Component.KUBE_APISERVER,
                        "authorization-config",
                        layout.gateFolder().resolve("authorization.yaml")));
            default -> List.of();
        };
    }

    private List<BundleReader> kubernetes(Path file) {
        List<BundleReader> readers = new ArrayList<>();
        readers.add(new AtStart(Component.KUBE_APISERVER, Set.of("kubelet-certificate-authority"), file));
        readers.add(new AtStart(Component.KUBE_CONTROLLER_MANAGER, Set.of("root-ca-file"), file));
        // client-go reads a kubeconfig's certificate-authority once.
        kubeconfig(ProfileName.KUBE_CONTROLLER_MANAGER, Component.KUBE_CONTROLLER_MANAGER, readers);
        kubeconfig(ProfileName.KUBE_SCHEDULER, Component.KUBE_SCHEDULER, readers);
        kubeconfig(ProfileName.KUBELET_CLIENT, Component.KUBELET, readers);
        kubeconfig(ProfileName.KUBE_PROXY, Component.KUBE_PROXY, readers);
        return readers;
    }

    private void kubeconfig(ProfileName profile, Component component, List<BundleReader> readers) {
        Optional<Path> kubeconfig = layout.of(profile).flatMap(Layout.Files::kubeconfig);
        kubeconfig.ifPresent(path -> {
            readers.add(new AtStart(component, KUBECONFIGS, path));
            // With kubernetes.kubeadm the components are started with this one.
            readers.add(new AtStart(component, KUBECONFIGS, layout.reloading(path)));
        });
    }
}
