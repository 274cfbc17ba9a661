/** Kubernetes' CertificateSigningRequests, as this node's kube-apiserver has them: shown to the server, and answered. */
@NullMarked
package dev.certfleet.agent.csr;

import org.jspecify.annotations.NullMarked;
