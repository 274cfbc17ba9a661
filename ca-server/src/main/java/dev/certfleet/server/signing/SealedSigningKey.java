package dev.certfleet.server.signing;

import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.util.UUID;

/** A key that rests sealed in the database and is in memory, unsealed, while the server runs. */
final class SealedSigningKey extends SigningKey {
    private final UUID id;
    private final KeyAlgorithm algorithm;
    private final PublicKey publicKey;
    private final PrivateKey privateKey;

    SealedSigningKey(UUID id, KeyAlgorithm algorithm, PublicKey publicKey, PrivateKey privateKey) {
        this.id = id;
        this.algorithm = algorithm;
        this.publicKey = publicKey;
        this.privateKey = privateKey;
    }

    @Override
    public UUID id() {
        return id;
    }

    @Override
    public KeyAlgorithm algorithm() {
        return algorithm;
    }

    @Override
    public PublicKey publicKey() {
        return publicKey;
    }

    @Override
    byte[] sign(byte[] message) {
        return Signatures.sign(algorithm, privateKey, message);
    }

    @Override
    byte[] sign(Message message) throws IOException {
        return Signatures.sign(algorithm, privateKey, message);
    }

    @Override
    public String toString() {
        return "signing key " + id;
    }
}
