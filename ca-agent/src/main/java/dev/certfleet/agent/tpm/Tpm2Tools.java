package dev.certfleet.agent.tpm;

import dev.certfleet.pki.Pem;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.Optional;

/**
 * A TPM by tpm2-tools 5, of which each program talks to it on its own. Loaded keys are flushed after each, for behind some
 * TCTIs there is no resource manager that would do it.
 */
public final class Tpm2Tools implements Tpm {
    /** Which of a TPM's endorsement keys, by the templates of the TCG's EK Credential Profile (L-1 and L-2). */
    public enum EndorsementKey {
        RSA("rsa", "0x1c00002"),
        ECC("ecc", "0x1c0000a");

        private final String label;
        private final String certificateIndex;

        EndorsementKey(String label, String certificateIndex) {
            this.label = label;
            this.certificateIndex = certificateIndex;
        }

        public String label() {
            return label;
        }
    }

    private final String tcti;
    private final EndorsementKey endorsementKey;
    private final Path parent;

    /**
     * @param tcti how the TPM is reached, as tpm2-tools have it: {@code device:/dev/tpmrm0}
     * @param parent where folders for the tools' files may be made
     */
    public Tpm2Tools(String tcti, EndorsementKey endorsementKey, Path parent) {
        this.tcti = tcti;
        this.endorsementKey = endorsementKey;
        this.parent = parent;
    }

    @Override
    public Attestor attestor() throws IOException {
        WorkFolder folder = WorkFolder.in(parent);
        try {
            Tpm2Command tools = new Tpm2Command(tcti, folder.path());
            tools.run("tpm2_createek", "-c", "ek.ctx", "-G", endorsementKey.label(), "-u", "ek.pub");
            tools.run("tpm2_flushcontext", "-t");
            tools.run(
                    "tpm2_createak",
                    "-C",
                    "ek.ctx",
                    "-c",
                    "ak.ctx",
                    "-G",
                    "ecc",
                    "-g",
                    "sha256",
                    "-s",
                    "ecdsa",
                    "-u",
                    "ak.pub");
            tools.run("tpm2_flushcontext", "-t");
            return new Keys(folder, tools);
        } catch (IOException e) {
            folder.close();
            throw e;
        }
    }

    private final class Keys implements Attestor {
        private final WorkFolder folder;
        private final Tpm2Command tools;

        Keys(WorkFolder folder, Tpm2Command tools) {
            this.folder = folder;
            this.tools = tools;
        }

        @Override
        public byte[] endorsementKey() throws IOException {
            return folder.read("ek.pub");
        }

        @Override
        public Optional<String> endorsementCertificate() {
            try {
                byte[] stored = tools.run("tpm2_nvread", endorsementKey.certificateIndex);
                // Behind the certificate the index may be filled up
                X509Certificate certificate = (X509Certificate)
                        CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(stored));
                return Optional.of(Pem.encode(Pem.CERTIFICATE, certificate.getEncoded()));
            } catch (IOException | CertificateException e) {
                return Optional.empty();
            }
        }

        @Override
        public byte[] attestationKey() throws IOException {
            return folder.read("ak.pub");
        }

        @Override
        public byte[] activate(byte[] credential, byte[] encryptedSecret) throws IOException {
            folder.write("credential", credentialFile(credential, encryptedSecret));
            // The policy of endorsement keys: whoever may use the endorsement hierarchy (EK Credential Profile, B.3)
            tools.run("tpm2_startauthsession", "--policy-session", "-S", "session.ctx");
            try {
                tools.run("tpm2_policysecret", "-S", "session.ctx", "-c", "e");
                tools.run(
                        "tpm2_activatecredential",
                        "-c",
                        "ak.ctx",
                        "-C",
                        "ek.ctx",
                        "-i",
                        "credential",
                        "-o",
                        "secret",
                        "-P",
                        "session:session.ctx");
                return folder.read("secret");
            } finally {
                tools.run("tpm2_flushcontext", "session.ctx");
                tools.run("tpm2_flushcontext", "-t");
            }
        }

        @Override
        public Quote quote(byte[] qualifyingData) throws IOException {
            tools.run(
                    "tpm2_quote",
                    "-c",
                    "ak.ctx",
                    "-l",
                    "sha256:0",
                    "-g",
                    "sha256",
                    "-q",
                    HexFormat.of().formatHex(qualifyingData),
                    "-m",
                    "attested",
                    "-s",
                    "signature");
            tools.run("tpm2_flushcontext", "-t");
            return new Quote(folder.read("attested"), folder.read("signature"));
        }

        @Override
        public void close() {
            folder.close();
        }
    }

    /** What tpm2_activatecredential reads: its own mark and version, then the two structures. */
    private static byte[] credentialFile(byte[] credential, byte[] encryptedSecret) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes(HexFormat.of().parseHex("badcc0de00000001"));
        file.writeBytes(credential);
        file.writeBytes(encryptedSecret);
        return file.toByteArray();
    }

    @Override
    public Sealed seal(byte[] secret) throws IOException {
        try (WorkFolder folder = WorkFolder.in(parent)) {
            Tpm2Command tools = new Tpm2Command(tcti, folder.path());
            storageKey(tools);
            tools.run(
                    secret,
                    "tpm2_create",
                    "-C",
                    "storage.ctx",
                    "-g",
                    "sha256",
                    "-i",
                    "-",
                    "-u",
                    "public",
                    "-r",
                    "private");
            tools.run("tpm2_flushcontext", "-t");
            return new Sealed(folder.read("public"), folder.read("private"));
        }
    }

    @Override
    public byte[] unseal(Sealed sealed) throws IOException {
        try (WorkFolder folder = WorkFolder.in(parent)) {
            Tpm2Command tools = new Tpm2Command(tcti, folder.path());
            folder.write("public", sealed.publicPart());
            folder.write("private", sealed.privatePart());
            storageKey(tools);
            tools.run("tpm2_load", "-C", "storage.ctx", "-u", "public", "-r", "private", "-c", "sealed.ctx");
            tools.run("tpm2_flushcontext", "-t");
            byte[] secret = tools.run("tpm2_unseal", "-c", "sealed.ctx");
            tools.run("tpm2_flushcontext", "-t");
            return secret;
        }
    }

    /** Made from the owner hierarchy's seed: the same each time, until the TPM is cleared. */
    private static void storageKey(Tpm2Command tools) throws IOException {
        tools.run("tpm2_createprimary", "-C", "o", "-g", "sha256", "-G", "ecc", "-c", "storage.ctx");
        tools.run("tpm2_flushcontext", "-t");
    }
}
