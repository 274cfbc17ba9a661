package dev.certfleet.pki;

import java.util.Arrays;
import java.util.Optional;

/**
 * The signers of Kubernetes' CertificateSigningRequests that certfleet can be: three of Kubernetes' own (Kubernetes 1.34), and
 * one of its own.
 */
public enum CsrSigner {
    /** A kubelet's client certificate. */
    KUBELET_CLIENT("kubernetes.io/kube-apiserver-client-kubelet", ProfileName.CSR_KUBELET_CLIENT),
    /** A kubelet's serving certificate. */
    KUBELET_SERVING("kubernetes.io/kubelet-serving", ProfileName.CSR_KUBELET_SERVING),
    /** Any other client of kube-apiserver; a person approves. */
    API_CLIENT("kubernetes.io/kube-apiserver-client", ProfileName.CSR_CLIENT),
    /** A client of kube-apiserver who asks for what they are already; the cluster's policy approves. */
    SELF_SERVICE("certfleet.dev/kube-apiserver-client", ProfileName.CSR_CLIENT);

    private final String label;
    private final ProfileName profile;

    CsrSigner(String label, ProfileName profile) {
        this.label = label;
        this.profile = profile;
    }

    /** The {@code signerName}. */
    public String label() {
        return label;
    }

    /** What it issues. */
    public ProfileName profile() {
        return profile;
    }

    /** Whether none of its requests is ever approved but by a person. */
    public boolean isApprovedByPeopleAlone() {
        return this == API_CLIENT;
    }

    /** Empty for a signer that is somebody else. */
    public static Optional<CsrSigner> named(String signerName) {
        return Arrays.stream(values())
                .filter(signer -> signer.label.equals(signerName))
                .findAny();
    }
}
