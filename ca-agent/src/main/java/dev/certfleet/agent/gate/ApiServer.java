package dev.certfleet.agent.gate;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import javax.security.auth.x500.X500Principal;

/** This node's kube-apiserver, asked whether it refuses. */
public interface ApiServer {
    /**
     * What it says of an access.
     *
     * @param denied an authorizer refused; not merely that none allowed
     * @param why the authorizers' reason and error, empty where there is none
     */
    record Review(boolean denied, String why) {}

    /** It refused the asking node itself. */
    final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private final String certificate;

        /** @param certificate fingerprint of what the node showed */
        public RefusedException(String certificate, String message) {
            super(message);
            this.certificate = certificate;
        }

        String certificate() {
            return certificate;
        }
    }

    /**
     * Asks by a SubjectAccessReview what somebody with this credential id may do to a thing that was never asked about before, so
     * that no cache answers.
     *
     * @throws RefusedException where this node's own certificate is refused
     * @throws IOException where there is no answer
     */
    Review review(String user, List<String> groups, String credentialId) throws IOException;

    /**
     * The subjects of the authorities that it names in a TLS handshake as those whose client certificates it takes.
     *
     * @throws IOException where there is no handshake, or it asks for no certificate
     */
    Set<X500Principal> acceptedAuthorities() throws IOException;
}
