package dev.certfleet.server.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.testing.Allocation;
import dev.certfleet.server.installation.KnownSealingKey;
import dev.certfleet.server.installation.SealingKey;
import dev.certfleet.server.ledger.Feed;
import dev.certfleet.server.recovery.Marks.Mark;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Optional;
import javax.crypto.Mac;

/**
 * A mark is believed where this installation wrote it, and never else: of what the fuzzer makes of one that was written for
 * {@code prod}, all that is believed says the same. Whatever is under a right MAC is read or is no mark, without an
 * exception, and written again it reads the same.
 */
public final class MarksFuzz {
    private static final SealingKey KEY = KnownSealingKey.read();
    private static final Marks MARKS = new Marks(KEY);
    private static final Mark WRITTEN = new Mark("prod", new Feed.Head("083f12d3-4cf5-443d-96de-e0b400d2acfa", 42));

    private MarksFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws GeneralSecurityException {
        String header = new String(data, StandardCharsets.ISO_8859_1);
        Allocation.bounded(header.length(), () -> MARKS.read(header))
                .ifPresent(believed -> assertThat(believed).isEqualTo(WRITTEN));

        Optional<Mark> read = MARKS.read(underMac(data));
        read.ifPresent(
                mark -> assertThat(MARKS.read(MARKS.write(mark))).as(header).isEqualTo(read));
    }

    private static String underMac(byte[] contents) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(KEY.derive("certfleet feed mark v1"));
        Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
        return "v1." + base64.encodeToString(contents) + "." + base64.encodeToString(mac.doFinal(contents));
    }
}
