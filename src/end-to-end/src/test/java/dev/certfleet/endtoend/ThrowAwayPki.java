package dev.certfleet.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A control plane's files made by OpenSSL, without certfleet, for the tests of this harness alone: when those fail, the fault
 * is not certfleet's.
 */
final class ThrowAwayPki {
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);
    private final KubernetesFolder files;

    private ThrowAwayPki(KubernetesFolder files) {
        this.files = files;
    }

    static ThrowAwayPki make(KubernetesFolder files, NetworkNamespace node) {
        try {
            Files.createDirectories(files.pki("etcd"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        var pki = new ThrowAwayPki(files);
        pki.make(node);
        return pki;
    }

    private void make(NetworkNamespace node) {
        List.of("ca", "front-proxy-ca", "etcd/ca").forEach(this::authority);
        apiserver("apiserver", node);
        var addresses = "IP:127.0.0.1,IP:" + node.address() + ",DNS:localhost,DNS:" + node.name();
        leaf("ca", "apiserver-kubelet-client", "/O=kubeadm:cluster-admins/CN=kube-apiserver-kubelet-client");
        leaf("ca", "admin", "/O=kubeadm:cluster-admins/CN=kubernetes-admin");
        leaf("ca", "super-admin", "/O=system:masters/CN=kubernetes-super-admin");
        leaf("ca", "kubelet", "/O=system:nodes/CN=system:node:" + node.name());
        leaf("front-proxy-ca", "front-proxy-client", "/CN=front-proxy-client");
        leaf("etcd/ca", "apiserver-etcd-client", "/CN=kube-apiserver-etcd-client");
        leaf("etcd/ca", "etcd/server", "/CN=" + node.name(), "serverAuth,clientAuth", addresses);
        leaf("etcd/ca", "etcd/peer", "/CN=" + node.name(), "serverAuth,clientAuth", addresses);
        leaf("etcd/ca", "etcd/healthcheck-client", "/CN=kube-etcd-healthcheck-client");
        openSsl.run("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", files.pki("sa.key"))
                .orFail();
        openSsl.run("pkey", "-in", files.pki("sa.key"), "-pubout", "-out", files.pki("sa.pub"))
                .orFail();
    }

    /** A new serving certificate and key for kube-apiserver, each by rename over the old file. */
    void renewApiserver(NetworkNamespace node) {
        apiserver("renewed", node);
        try {
            for (var suffix : List.of(".key", ".crt")) {
                Files.move(
                        files.pki("renewed" + suffix), files.pki("apiserver" + suffix), StandardCopyOption.ATOMIC_MOVE);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void apiserver(String name, NetworkNamespace node) {
        var names = "IP:127.0.0.1,IP:10.96.0.1,IP:" + node.address() + ",DNS:kubernetes,DNS:" + node.name();
        leaf("ca", name, "/CN=kube-apiserver", "serverAuth", names);
    }

    private void authority(String name) {
        request(name, "/CN=" + name.replace('/', '-'), "-addext", "keyUsage=critical,keyCertSign,cRLSign");
    }

    private void leaf(String authority, String name, String subject) {
        leaf(authority, name, subject, "clientAuth", "");
    }

    private void leaf(String authority, String name, String subject, String usages, String alternativeNames) {
        request(
                name,
                subject,
                "-CA",
                files.pki(authority + ".crt").toString(),
                "-CAkey",
                files.pki(authority + ".key").toString(),
                "-addext",
                "basicConstraints=critical,CA:FALSE",
                "-addext",
                "keyUsage=critical,digitalSignature",
                "-addext",
                "extendedKeyUsage=" + usages,
                "-addext",
                alternativeNames.isEmpty() ? "nsComment=client" : "subjectAltName=" + alternativeNames);
    }

    private void request(String name, String subject, String... further) {
        openSsl.makeSelfSigned(subject, files.pki(name + ".key"), files.pki(name + ".crt"), further);
    }
}
