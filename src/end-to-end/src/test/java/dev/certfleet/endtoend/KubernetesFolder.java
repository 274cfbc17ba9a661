package dev.certfleet.endtoend;

import java.nio.file.Path;

/** The files of one node, under the names that kubeadm gives them; usually {@code /etc/kubernetes}, here below a folder of the test. */
record KubernetesFolder(Path folder) {
    KubernetesFolder {
        folder = folder.toAbsolutePath();
    }

    /** A file in {@code pki}, e.g. {@code etcd/server.crt}. */
    Path pki(String name) {
        return folder.resolve("pki").resolve(name);
    }

    /** A kubeconfig, e.g. {@code admin.conf}. */
    Path kubeconfig(String name) {
        return folder.resolve(name);
    }
}
