package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.Validity;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.bouncycastle.asn1.BERTags;
import org.bouncycastle.asn1.x509.TBSCertificate;
import org.bouncycastle.asn1.x509.Time;

/**
 * RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on, both with seconds and Z; and what it says is what was
 * meant.
 */
final class ValidityEncodingLint implements Lint {
    private static final Pattern UTC = Pattern.compile("\\d{12}Z");
    private static final Pattern GENERALIZED = Pattern.compile("20[5-9]\\d{11}Z|2[1-9]\\d{12}Z");

    @Override
    public String name() {
        return "validity-encoding";
    }

    @Override
    public List<String> check(Twin twin) {
        TBSCertificate tbs = twin.certificate().toASN1Structure().getTBSCertificate();
        Validity read = new Validity(
                tbs.getStartDate().getDate().toInstant(),
                tbs.getEndDate().getDate().toInstant());
        return Stream.of(
                        Lint.unless(isWellWritten(tbs.getStartDate()), "notBefore has the wrong form"),
                        Lint.unless(isWellWritten(tbs.getEndDate()), "notAfter has the wrong form"),
                        Lint.unless(read.equals(twin.contents().validity()), "it is not valid when it should be"))
                .flatMap(List::stream)
                .toList();
    }

    private static boolean isWellWritten(Time time) {
        byte[] encoded = encode(time);
        String text = new String(encoded, 2, encoded.length - 2, StandardCharsets.US_ASCII);
        return switch (encoded[0]) {
            case BERTags.UTC_TIME -> UTC.matcher(text).matches();
            case BERTags.GENERALIZED_TIME -> GENERALIZED.matcher(text).matches();
            default -> false;
        };
    }

    private static byte[] encode(Time time) {
        try {
            return time.getEncoded();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
