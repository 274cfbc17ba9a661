package dev.certfleet.pki.crl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Primitive;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.asn1.x509.TBSCertList;
import org.bouncycastle.cert.X509CRLHolder;

/**
 * A CRL is read or refused as documented; where Bouncy Castle can read it too, it reads the same. None that is about a part
 * of the certificates or of the reasons is read, nor one of another version, and no serial number that Go could not compare.
 */
public final class RevocationListFuzz {
    /** Before, Bouncy Castle counts by the Julian calendar. */
    private static final Instant GREGORIAN = Instant.parse("1583-01-01T00:00:00Z");

    private static final BigInteger MOST = BigInteger.TWO.pow(159);

    private RevocationListFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        RevocationList list;
        try {
            list = Allocation.bounded(data.length, () -> RevocationList.parse(data, data.length));
        } catch (DerException e) {
            return;
        }
        assertThat(list.encoded()).isEqualTo(data);
        assertThatThrownBy(() -> RevocationList.parse(data, data.length - 1)).isInstanceOf(DerException.class);
        numbersGoCompares(list.serials());
        numbersGoCompares(list.number().stream().toList());

        Theirs theirs;
        try {
            X509CRLHolder read = new X509CRLHolder(data);
            if (!Arrays.equals(read.toASN1Structure().getEncoded(ASN1Encoding.DER), data)) {
                // A default that is written out, which Bouncy Castle leaves out; the signature is over what was sent.
                return;
            }
            theirs = new Theirs(read.toASN1Structure().getTBSCertList());
        } catch (IOException | RuntimeException e) {
            // Something is malformed in a part that nobody asks for, such as a name that is compared whole.
            return;
        }
        compare(list, theirs);
    }

    private static void numbersGoCompares(Collection<BigInteger> numbers) {
        assertThat(numbers).allMatch(number -> number.signum() >= 0 && number.compareTo(MOST) < 0);
    }

    /** What Bouncy Castle reads. */
    private static final class Theirs {
        final byte[] tbs;
        final String algorithm;
        final byte[] issuer;
        final Instant thisUpdate;
        final Optional<Instant> nextUpdate;
        final Set<BigInteger> serials;
        final Optional<BigInteger> number;
        final Optional<String> keyIdentifier;
        final Optional<IssuingDistributionPoint> point;
        final Set<String> uris;
        final boolean delta;
        final int version;

        Theirs(TBSCertList list) throws IOException {
            tbs = list.getEncoded(ASN1Encoding.DER);
            version = list.getVersionNumber();
            algorithm = list.getSignature().getAlgorithm().getId();
            issuer = list.getIssuer().getEncoded(ASN1Encoding.DER);
            thisUpdate = list.getThisUpdate().getDate().toInstant();
            nextUpdate = Optional.ofNullable(list.getNextUpdate())
                    .map(time -> time.getDate().toInstant());
            serials = Arrays.stream(list.getRevokedCertificates())
                    .map(entry -> entry.getUserCertificate().getValue())
                    .collect(Collectors.toSet());
            Optional<Extensions> extensions = Optional.ofNullable(list.getExtensions());
            number = extensions
                    .map(all -> all.getExtension(Extension.cRLNumber))
                    .map(one -> CRLNumber.getInstance(one.getParsedValue()).getCRLNumber());
            keyIdentifier = extensions
                    .map(AuthorityKeyIdentifier::fromExtensions)
                    .map(AuthorityKeyIdentifier::getKeyIdentifierOctets)
                    .map(HexFormat.of()::formatHex);
            point = extensions
                    .map(all -> all.getExtension(Extension.issuingDistributionPoint))
                    .map(one -> IssuingDistributionPoint.getInstance(one.getParsedValue()));
            uris = point
                    .map(IssuingDistributionPoint::getDistributionPoint)
                    .filter(name -> name.getType() == DistributionPointName.FULL_NAME)
                    .stream()
                    .flatMap(name ->
                            Stream.of(GeneralNames.getInstance(name.getName()).getNames()))
                    .filter(name -> name.getTagNo() == GeneralName.uniformResourceIdentifier)
                    .map(name -> ascii(name.getName().toString()))
                    .collect(Collectors.toSet());
            delta = extensions
                    .map(all -> all.getExtension(Extension.deltaCRLIndicator))
                    .filter(Extension::isCritical)
                    .isPresent();
        }
    }

    private static String ascii(String latin) {
        return new String(latin.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.US_ASCII);
    }

    private static void compare(RevocationList ours, Theirs theirs) throws IOException {
        // Bouncy Castle sorts the sets in names; the octets that were signed stay as they are.
        assertThat(theirs.tbs).isEqualTo(sorted(ours.signature().signed()));
        assertThat(theirs.issuer).isEqualTo(sorted(ours.issuer()));
        assertThat(theirs.version).isEqualTo(2);
        assertThat(theirs.algorithm).isEqualTo(ours.signature().algorithm());
        sameTime(ours.thisUpdate(), theirs.thisUpdate);
        assertThat(ours.nextUpdate().isPresent()).isEqualTo(theirs.nextUpdate.isPresent());
        if (ours.nextUpdate().isPresent()) {
            sameTime(ours.nextUpdate().get(), theirs.nextUpdate.orElseThrow());
        }
        assertThat(ours.serials()).isEqualTo(theirs.serials);
        assertThat(ours.number()).isEqualTo(theirs.number);
        assertThat(ours.authorityKeyId().map(HexFormat.of()::formatHex)).isEqualTo(theirs.keyIdentifier);
        assertThat(theirs.delta).isFalse();
        assertThat(ours.scope().indirect())
                .isEqualTo(theirs.point
                        .map(IssuingDistributionPoint::isIndirectCRL)
                        .orElse(false));
        assertThat(ours.scope().distributionPoints()).isEqualTo(theirs.uris);
        theirs.point.ifPresent(point -> {
            assertThat(point.onlyContainsCACerts()).isFalse();
            assertThat(point.onlyContainsAttributeCerts()).isFalse();
            assertThat(point.getOnlySomeReasons()).isNull();
        });
    }

    private static byte[] sorted(byte[] der) throws IOException {
        return ASN1Primitive.fromByteArray(der).getEncoded(ASN1Encoding.DER);
    }

    private static void sameTime(Instant ours, Instant theirs) {
        if (ours.isAfter(GREGORIAN)) {
            assertThat(theirs).isEqualTo(ours);
        }
    }
}
