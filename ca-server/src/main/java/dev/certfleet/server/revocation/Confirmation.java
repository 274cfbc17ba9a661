package dev.certfleet.server.revocation;

import dev.certfleet.server.ledger.CertificateRecord;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What ties a call to the dry run before it: a hash of caller, operation and arguments, and one of that and of all that the
 * dry run showed. It is no secret and grants nothing; it says that the caller saw what they are about to do.
 */
final class Confirmation {
    private static final int OCTETS_OF_CALL = 16;

    private Confirmation() {}

    static String of(BulkCall call, Plan plan) {
        byte[] ofCall = ofCall(call);
        MessageDigest digest = sha256();
        digest.update(ofCall);
        for (CertificateRecord certificate : plan.certificates()) {
            add(digest, certificate.id().hex());
        }
        for (Impact impact : plan.impacts()) {
            add(digest, impact.severity().label());
            add(digest, impact.cluster());
            add(digest, impact.node());
            add(digest, impact.component());
            add(digest, impact.effect());
        }
        return begin(ofCall) + HexFormat.of().formatHex(digest.digest());
    }

    /** Whether it came from a dry run of this call, whatever that showed. */
    static boolean isOf(BulkCall call, String confirmation) {
        return confirmation.startsWith(begin(ofCall(call)));
    }

    private static String begin(byte[] ofCall) {
        return HexFormat.of().formatHex(ofCall, 0, OCTETS_OF_CALL) + "-";
    }

    private static byte[] ofCall(BulkCall call) {
        MessageDigest digest = sha256();
        add(digest, call.actor());
        add(digest, call.operation());
        call.arguments().forEach(argument -> add(digest, argument));
        return digest.digest();
    }

    /** With its length before it, so that no two lists of texts give the same octets. */
    private static void add(MessageDigest digest, @Nullable String text) {
        byte[] octets = text == null ? new byte[0] : text.getBytes(StandardCharsets.UTF_8);
        digest.update(
                ByteBuffer.allocate(4).putInt(text == null ? -1 : octets.length).array());
        digest.update(octets);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
