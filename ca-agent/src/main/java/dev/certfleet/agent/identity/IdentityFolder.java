package dev.certfleet.agent.identity;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Json;
import dev.certfleet.agent.StateFolder;
import dev.certfleet.agent.Trouble;
import dev.certfleet.agent.publish.StagedFile;
import dev.certfleet.agent.server.Credential;
import dev.certfleet.agent.server.ServerTrust;
import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The folder {@code identity} in the state folder. {@code identity.pem} holds key and certificate in one file, so that one
 * rename() changes both; {@code identity.json} says where the node belongs; {@code installation.pem} are the authorities
 * of the server. {@code request.json}, {@code next.key} and {@code next.pem} exist while a change is under way.
 */
public final class IdentityFolder {
    private final Path folder;
    private final KeySeal seal;

    /** @param seal how the keys in it rest on disk */
    public IdentityFolder(Path folder, KeySeal seal) {
        this.folder = folder;
        this.seal = seal;
    }

    /** What {@code identity.json} holds. */
    public record Membership(int format, String cluster, String nodeName, List<String> roles) {
        static final int FORMAT = 1;
    }

    /**
     * The stored identity; empty where the node is not enrolled.
     *
     * @throws Trouble where there is one that cannot be read
     */
    public Optional<Identity> load() {
        try {
            Membership membership = Json.read(Membership.class, Files.readAllBytes(folder.resolve("identity.json")));
            Credential credential = credential(Files.readString(folder.resolve("identity.pem"), US_ASCII));
            return Optional.of(new Identity(
                    membership.cluster(),
                    membership.nodeName(),
                    membership.roles(),
                    credential,
                    bundle(Files.readString(folder.resolve("installation.pem"), US_ASCII))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | IllegalArgumentException | CertificateException e) {
            throw new Trouble(
                    ExitCode.FILES,
                    "the identity in " + folder + " cannot be read: " + Trouble.oneLine(e)
                            + "; restore it, or remove the folder and enrol again",
                    e);
        }
    }

    /** Stores a new identity; {@code identity.json} comes last and makes it count. */
    void store(Membership membership, Credential credential, String installationBundle) throws CertificateException {
        bundle(installationBundle);
        write("installation.pem", installationBundle.getBytes(US_ASCII));
        write("identity.pem", pem(credential).getBytes(US_ASCII));
        write("identity.json", Json.write(membership));
    }

    /** Until when the server had asked for renewals when the present identity was requested; empty where it had not. */
    public String answeredDemand() {
        return read("demand").orElse("");
    }

    void storeAnsweredDemand(String renewBefore) {
        write("demand", renewBefore.getBytes(US_ASCII));
    }

    public void storeBundle(String installationBundle) {
        write("installation.pem", installationBundle.getBytes(US_ASCII));
    }

    /** A renewed identity that has yet to be used. */
    void storeNext(Credential next) {
        write("next.pem", pem(next).getBytes(US_ASCII));
    }

    Optional<Credential> next() {
        return read("next.pem").flatMap(text -> {
            try {
                return Optional.of(credential(text));
            } catch (IllegalArgumentException | CertificateException e) {
                return Optional.empty();
            }
        });
    }

    /** The next identity takes the place of the present one. */
    void promoteNext() {
        try {
            Files.move(
                    folder.resolve("next.pem"),
                    folder.resolve("identity.pem"),
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            StagedFile.syncFolder(folder);
        } catch (IOException e) {
            throw StagedFile.cannot(folder.resolve("identity.pem"), e);
        }
    }

    Optional<String> nextKey() {
        return read("next.key").map(seal::open);
    }

    void writeNextKey(String pem) {
        write("next.key", seal.seal(pem).getBytes(US_ASCII));
    }

    <T> Optional<T> request(Class<T> type) {
        try {
            return Optional.of(Json.read(type, Files.readAllBytes(folder.resolve("request.json"))));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    void writeRequest(Object request) {
        write("request.json", Json.write(request));
    }

    void dropRequest() {
        try {
            Files.deleteIfExists(folder.resolve("request.json"));
            Files.deleteIfExists(folder.resolve("next.key"));
            Files.deleteIfExists(folder.resolve("next.pem"));
        } catch (IOException e) {
            throw StagedFile.cannot(folder, e);
        }
    }

    public static ServerTrust.Bundle bundle(String pem) throws CertificateException {
        Set<X509Certificate> authorities = new HashSet<>(Certificates.parse(pem));
        return new ServerTrust.Bundle(authorities);
    }

    private Credential credential(String text) throws CertificateException {
        String pem = seal.open(text);
        List<X509Certificate> chain = Certificates.parse(pem);
        PrivateKey key = PrivateKeys.decode(pem);
        if (!PrivateKeys.belongTogether(key, chain.getFirst().getPublicKey())) {
            throw new IllegalArgumentException("key and certificate do not belong together");
        }
        return new Credential(key, chain);
    }

    private String pem(Credential credential) {
        StringBuilder text = new StringBuilder(seal.seal(PrivateKeys.encode(credential.key())));
        credential
                .chain()
                .forEach(certificate -> text.append(Pem.encode(Pem.CERTIFICATE, Certificates.der(certificate))));
        return text.toString();
    }

    private Optional<String> read(String name) {
        try {
            return Optional.of(Files.readString(folder.resolve(name), US_ASCII));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private void write(String name, byte[] contents) {
        StateFolder.createPrivate(folder);
        StagedFile.replace(folder.resolve(name), contents, StagedFile.PRIVATE, Optional.empty());
    }
}
