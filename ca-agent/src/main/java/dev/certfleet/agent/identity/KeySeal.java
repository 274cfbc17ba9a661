package dev.certfleet.agent.identity;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Pem;

/** How this node's identity key rests on disk. */
public interface KeySeal {
    /** The PEM label of a key that is not plain. */
    String LABEL = "CERTFLEET SEALED KEY";

    /** @param pem one PEM text with a private key */
    String seal(String pem);

    /**
     * @param text what {@link #seal} gave, or a text with a plain key; whatever follows stays
     * @throws Trouble where it is sealed and cannot be opened
     */
    String open(String text);

    /** As it is, in files that nobody but the agent's user reads. */
    KeySeal NONE = new KeySeal() {
        @Override
        public String seal(String pem) {
            return pem;
        }

        @Override
        public String open(String text) {
            if (isSealed(text)) {
                throw new Trouble(
                        ExitCode.SETTINGS,
                        "this node's identity key is sealed by its TPM; set enrolment.tpm as it was when the node enrolled");
            }
            return text;
        }
    };

    /** Whether the text begins with a sealed key. */
    static boolean isSealed(String text) {
        return text.startsWith("-----BEGIN " + LABEL + "-----");
    }

    /** The sealed key's octets. */
    static byte[] block(String text) {
        return Pem.decode(text, LABEL).getFirst();
    }
}
