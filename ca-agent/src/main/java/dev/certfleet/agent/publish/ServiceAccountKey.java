package dev.certfleet.agent.publish;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.Pem;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.RSAPublicKeySpec;
import java.util.Optional;

/**
 * The pair that signs service-account tokens. Made on a control-plane node that has none; whatever is there is never
 * touched, because every token in the cluster depends on it.
 */
public final class ServiceAccountKey {
    private static final int BITS = 2048;

    private ServiceAccountKey() {}

    /**
     * @return true where something was made
     * @throws Trouble where it cannot be written
     */
    public static boolean makeIfAbsent(Layout layout, SecureRandom random) {
        Path key = layout.serviceAccountKey();
        Path publicKey = layout.serviceAccountPublicKey();
        boolean hasKey = exists(key);
        if (hasKey && exists(publicKey)) {
            return false;
        }
        if (!hasKey && exists(publicKey)) {
            throw new Trouble(
                    ExitCode.FILES,
                    publicKey + " is there without " + key
                            + "; put the key there, or remove the file to have a new pair made");
        }
        try {
            if (!hasKey) {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
                generator.initialize(BITS, random);
                create(key, PrivateKeys.encode(generator.generateKeyPair().getPrivate()), true);
            }
            return publishPublicKey(key, publicKey) || !hasKey;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK cannot make an RSA key", e);
        }
    }

    private static boolean publishPublicKey(Path key, Path publicKey) throws GeneralSecurityException {
        try {
            if (!(PrivateKeys.decode(Files.readString(key)) instanceof RSAPrivateCrtKey secret)) {
                throw new Trouble(ExitCode.FILES, key + " is not an RSA key; make " + publicKey + " from it by hand");
            }
            byte[] encoded = java.security.KeyFactory.getInstance("RSA")
                    .generatePublic(new RSAPublicKeySpec(secret.getModulus(), secret.getPublicExponent()))
                    .getEncoded();
            return create(publicKey, Pem.encode(Pem.PUBLIC_KEY, encoded), false);
        } catch (IOException | IllegalArgumentException e) {
            throw new Trouble(
                    ExitCode.FILES,
                    "cannot make " + publicKey + " from " + key + ": " + Trouble.oneLine(e) + "; make it by hand",
                    e);
        }
    }

    /** By a hard link, which unlike rename() never replaces what somebody else made meanwhile. */
    private static boolean create(Path target, String contents, boolean secret) {
        Path draft = target.resolveSibling("." + target.getFileName() + ".certfleet-draft");
        StagedFile.replace(
                draft, contents.getBytes(US_ASCII), secret ? StagedFile.PRIVATE : StagedFile.PUBLIC, Optional.empty());
        try {
            Files.createLink(target, draft);
            StagedFile.syncFolder(StagedFile.folderOf(target));
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } catch (IOException e) {
            throw StagedFile.cannot(target, e);
        } finally {
            try {
                Files.deleteIfExists(draft);
            } catch (IOException e) {
                // Overwritten by the next attempt.
            }
        }
    }

    private static boolean exists(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }
}
