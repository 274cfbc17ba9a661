package dev.certfleet.agent.identity;

import dev.certfleet.agent.tpm.Tpm;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** A TPM that seals, and knows what it sealed. */
final class MemoryTpm implements Tpm {
    private final Map<Integer, byte[]> sealed = new HashMap<>();
    int unsealed;

    @Override
    public Attestor attestor() throws IOException {
        throw new IOException("this one has no keys");
    }

    @Override
    public Sealed seal(byte[] secret) {
        byte[] handle = {(byte) sealed.size()};
        sealed.put(sealed.size(), secret.clone());
        return new Sealed(handle, new byte[] {1, 2, 3});
    }

    @Override
    public byte[] unseal(Sealed what) throws IOException {
        unsealed++;
        byte[] secret = sealed.get((int) what.publicPart()[0]);
        if (secret == null || !Arrays.equals(what.privatePart(), new byte[] {1, 2, 3})) {
            throw new IOException("TPM_RC_INTEGRITY");
        }
        return secret.clone();
    }
}
