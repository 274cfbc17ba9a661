package dev.certfleet.agent.tpm;

import java.io.IOException;
import java.util.Optional;

/** What is asked of a TPM 2.0. All binary values are its own structures (Trusted Platform Module Library, part 2). */
public interface Tpm {
    /**
     * Opens the endorsement key and makes an attestation key beside it.
     *
     * @throws IOException where there is no TPM, or it fails; the message is one line
     */
    Attestor attestor() throws IOException;

    /** @param secret at most 128 octets; nobody but this TPM reads it again */
    Sealed seal(byte[] secret) throws IOException;

    /** @throws IOException where this TPM did not seal it too */
    byte[] unseal(Sealed sealed) throws IOException;

    /**
     * A secret that this TPM alone opens.
     *
     * @param publicPart TPM2B_PUBLIC
     * @param privatePart TPM2B_PRIVATE
     */
    record Sealed(byte[] publicPart, byte[] privatePart) {}

    /**
     * What a TPM says under its attestation key.
     *
     * @param attested TPMS_ATTEST
     * @param signature TPMT_SIGNATURE
     */
    record Quote(byte[] attested, byte[] signature) {}

    /** An endorsement key and an attestation key, for as long as an enrolment takes. */
    interface Attestor extends AutoCloseable {
        /** TPM2B_PUBLIC. */
        byte[] endorsementKey() throws IOException;

        /** As the TPM's maker left it in the TPM, PEM; empty where there is none. */
        Optional<String> endorsementCertificate();

        /** TPM2B_PUBLIC. */
        byte[] attestationKey() throws IOException;

        /**
         * @param credential TPM2B_ID_OBJECT
         * @param encryptedSecret TPM2B_ENCRYPTED_SECRET
         * @return the secret
         * @throws IOException where it is not for both of these keys
         */
        byte[] activate(byte[] credential, byte[] encryptedSecret) throws IOException;

        /** @param qualifyingData at most 32 octets */
        Quote quote(byte[] qualifyingData) throws IOException;

        @Override
        void close();
    }
}
