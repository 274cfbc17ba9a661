package dev.certfleet.server.enrolment.tpm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;

/** A TPM's structures are read or refused; a key that is read is written as it was, and has the same name again. */
public final class TpmStructuresFuzz {
    private TpmStructuresFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws TpmFormatException {
        Allocation.bounded(data.length, () -> {
            key(data);
            return quote(data);
        });
    }

    private static void key(byte[] data) {
        try {
            TpmPublicKey key = TpmPublicKey.read(data);
            assertThat(key.encoded()).isEqualTo(data);
            assertThat(TpmPublicKey.read(key.encoded()).name()).isEqualTo(key.name());
            assertThat(key.isEndorsementKey() && key.isAttestationKey()).isFalse();
            assertThat(key.fingerprint()).hasSize(32);
        } catch (TpmFormatException e) {
            assertThat(e).hasMessageNotContaining("null");
        }
    }

    private static boolean quote(byte[] data) {
        try {
            return TpmQuote.read(data).qualifyingData().length <= data.length;
        } catch (TpmFormatException e) {
            return false;
        }
    }
}
