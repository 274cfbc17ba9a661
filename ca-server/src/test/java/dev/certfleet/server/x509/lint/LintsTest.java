package dev.certfleet.server.x509.lint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.server.x509.AuthorityUrls;
import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.IssuerFacts;
import dev.certfleet.server.x509.KeyIds;
import dev.certfleet.server.x509.Subject;
import dev.certfleet.server.x509.Validity;
import dev.certfleet.server.x509.Violation;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1EncodableVector;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.DERBitString;
import org.bouncycastle.asn1.DERGeneralizedTime;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DERSequence;
import org.bouncycastle.asn1.DERTaggedObject;
import org.bouncycastle.asn1.DERUTF8String;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.Test;

/** Each lint against a certificate that breaks nothing else; the base is an OCSP responder's, which has most extensions. */
class LintsTest {
    private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");
    private static final SubjectPublicKeyInfo KEY = key();
    private static final CertificateContents CONTENTS = CertificateContents.ocspResponder(
            new Subject("responder", List.of()),
            KEY,
            NOW,
            NOW.plus(Duration.ofDays(3000)),
            Duration.ofDays(7),
            AuthorityUrls.of("http://status.example.org", "prod-kubernetes-1", 1));
    private static final IssuerFacts ISSUER = new IssuerFacts(
            new X500Name("CN=prod-kubernetes-1"),
            new byte[20],
            KeyAlgorithm.P256,
            new Validity(NOW.minus(Duration.ofDays(1)), NOW.plus(Duration.ofDays(3000))));

    /** The parts of a certificate, to be spoilt one at a time. */
    private static final class Parts {
        BigInteger serial = BigInteger.ONE.shiftLeft(127);
        AlgorithmIdentifier signature = ISSUER.signatureAlgorithm();
        X500Name issuer = ISSUER.name();
        X500Name subject = CONTENTS.subject().toName();
        ASN1Encodable notBefore = new Time(Date.from(CONTENTS.validity().notBefore()), Locale.ROOT);
        final Map<ASN1ObjectIdentifier, Extension> extensions = new LinkedHashMap<>();
        final List<Extension> more = new ArrayList<>();

        Parts() {
            put(Extension.basicConstraints, true, new BasicConstraints(false));
            put(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            put(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_OCSPSigning));
            put(Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(KeyIds.of(KEY)));
            put(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(new byte[20]));
            put(Extension.authorityInfoAccess, false, access("http://status.example.org/ca/prod-kubernetes-1.crt"));
            put(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck, false, DERNull.INSTANCE);
        }

        void put(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
            extensions.put(id, extension(id, critical, value));
        }

        Twin twin() {
            ASN1EncodableVector tbs = new ASN1EncodableVector();
            tbs.add(new DERTaggedObject(0, new ASN1Integer(2)));
            tbs.add(new ASN1Integer(serial));
            tbs.add(signature);
            tbs.add(issuer);
            Time notAfter = new Time(Date.from(CONTENTS.validity().notAfter()), Locale.ROOT);
            tbs.add(new DERSequence(new ASN1Encodable[] {notBefore, notAfter}));
            tbs.add(subject);
            tbs.add(KEY);
            List<Extension> all = new ArrayList<>(extensions.values());
            all.addAll(more);
            tbs.add(new DERTaggedObject(3, new DERSequence(all.toArray(ASN1Encodable[]::new))));
            try {
                byte[] certificate = new DERSequence(new ASN1Encodable[] {
                            new DERSequence(tbs), ISSUER.signatureAlgorithm(), new DERBitString(new byte[70])
                        })
                        .getEncoded();
                return new Twin(new X509CertificateHolder(certificate), CONTENTS, ISSUER);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Test
    void passesAGoodCertificate() {
        assertThat(Lints.check(new Parts().twin())).isEmpty();
    }

    @Test
    void hasALintForEachName() {
        assertThat(Lints.ALL).extracting(Lint::name).doesNotHaveDuplicates().hasSize(15);
    }

    @Test
    void refusesSerialsThatAreShortLongOrNegative() {
        assertBroken("serial-number", parts -> parts.serial = BigInteger.TEN);
        assertBroken(
                "serial-number",
                parts -> parts.serial = BigInteger.ONE.shiftLeft(127).negate());
        assertBroken("serial-number", parts -> parts.serial = BigInteger.ONE.shiftLeft(159));
    }

    @Test
    void refusesAnotherSignatureAlgorithmInside() {
        assertBroken(
                "signature-algorithm",
                parts -> parts.signature = dev.certfleet.server.x509.KeyAlgorithms.signature(KeyAlgorithm.P384));
    }

    @Test
    void refusesOtherIssuersAndLongNames() {
        assertBroken("distinguished-names", parts -> parts.issuer = new X500Name("CN=prod-kubernetes-2"));
        assertBroken(
                "distinguished-names",
                parts -> parts.subject =
                        new X500Name(new RDN[] {new RDN(BCStyle.CN, new DERUTF8String("a".repeat(65)))}));
        assertBroken("distinguished-names", parts -> parts.subject = new X500Name("O=a"));
        assertBroken("distinguished-names", parts -> parts.subject = ISSUER.name());
    }

    @Test
    void refusesGeneralizedTimeBefore2050AndOtherTimes() {
        assertBroken("validity-encoding", parts -> parts.notBefore = new DERGeneralizedTime("20261124115500Z"));
        assertBroken(
                "validity-encoding",
                parts -> parts.notBefore =
                        new Time(Date.from(CONTENTS.validity().notBefore().minusSeconds(1)), Locale.ROOT));
    }

    @Test
    void refusesToBeginBeforeItsIssuer() {
        assertThat(names(parts -> parts.notBefore =
                        new Time(Date.from(ISSUER.validity().notBefore().minusSeconds(301)), Locale.ROOT)))
                .contains("within-issuer");
    }

    @Test
    void isNotAskedWhereAnExtensionIsThereTwice() {
        Parts parts = new Parts();
        parts.more.add(extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature)));
        assertThatIllegalStateException().isThrownBy(parts::twin).withMessageContaining("repeated extension");
    }

    @Test
    void refusesUnknownCriticalExtensions() {
        assertBroken(
                "critical-extension",
                parts -> parts.put(
                        Extension.extendedKeyUsage, true, new ExtendedKeyUsage(KeyPurposeId.id_kp_OCSPSigning)));
    }

    @Test
    void refusesOtherKeyIdentifiers() {
        assertBroken("key-identifier", parts -> parts.extensions.remove(Extension.subjectKeyIdentifier));
        assertBroken(
                "key-identifier",
                parts -> parts.put(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(new byte[19])));
    }

    @Test
    void refusesAuthoritiesInDisguise() {
        assertBroken(
                "basic-constraints", parts -> parts.put(Extension.basicConstraints, true, new BasicConstraints(0)));
        assertBroken(
                "basic-constraints",
                parts -> parts.put(Extension.basicConstraints, false, new BasicConstraints(false)));
        assertBroken(
                "key-usage",
                parts -> parts.put(
                        Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyCertSign)));
    }

    @Test
    void refusesKeyUsageThatIsMissingOrDoesNotFitTheKey() {
        assertBroken("key-usage", parts -> parts.extensions.remove(Extension.keyUsage));
        assertBroken(
                "key-usage",
                parts -> parts.put(
                        Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature | KeyUsage.keyEncipherment)));
    }

    @Test
    void refusesOtherPurposes() {
        assertBroken("extended-key-usage", parts -> parts.extensions.remove(Extension.extendedKeyUsage));
        assertBroken(
                "extended-key-usage",
                parts -> parts.put(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(new KeyPurposeId[] {
                    KeyPurposeId.id_kp_OCSPSigning, KeyPurposeId.anyExtendedKeyUsage
                })));
    }

    @Test
    void refusesAlternativeNamesThatWereNotMeant() {
        assertBroken(
                "alternative-names",
                parts -> parts.put(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.dNSName, "Not_a_host"))));
        assertBroken(
                "alternative-names",
                parts -> parts.put(
                        Extension.subjectAlternativeName,
                        false,
                        new GeneralNames(new GeneralName(GeneralName.rfc822Name, "a@b"))));
    }

    @Test
    void refusesStatusUrlsThatAreMissingOrNotHttp() {
        assertBroken("status-urls", parts -> parts.extensions.remove(Extension.authorityInfoAccess));
        assertBroken("status-urls", parts -> parts.put(Extension.authorityInfoAccess, false, access("https://a/b")));
        assertBroken("status-urls", parts -> parts.put(Extension.authorityInfoAccess, false, access("http:///b")));
    }

    @Test
    void refusesRespondersThatWouldNeedACheck() {
        assertBroken("ocsp-responder", parts -> parts.extensions.remove(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck));
    }

    @Test
    void refusesCertificatesThatAreTooLarge() {
        assertBroken(
                "size",
                parts -> parts.more.add(
                        extension(new ASN1ObjectIdentifier("1.2.3"), false, new DERBitString(new byte[30_000]))));
    }

    @Test
    void refusesWhatCannotBeRead() {
        assertThat(names(parts -> parts.put(Extension.extendedKeyUsage, false, DERNull.INSTANCE)))
                .contains("extended-key-usage");
    }

    private static void assertBroken(String lint, Consumer<Parts> spoil) {
        assertThat(names(spoil)).containsOnly(lint);
    }

    private static List<String> names(Consumer<Parts> spoil) {
        Parts parts = new Parts();
        spoil.accept(parts);
        return Lints.check(parts.twin()).stream().map(Violation::rule).toList();
    }

    private static AuthorityInformationAccess access(String url) {
        return new AuthorityInformationAccess(new AccessDescription(
                AccessDescription.id_ad_caIssuers, new GeneralName(GeneralName.uniformResourceIdentifier, url)));
    }

    private static Extension extension(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
        try {
            return new Extension(id, critical, value.toASN1Primitive().getEncoded());
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static SubjectPublicKeyInfo key() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(KeyAlgorithm.P256.parameters());
            KeyPair pair = generator.generateKeyPair();
            return SubjectPublicKeyInfo.getInstance(pair.getPublic().getEncoded());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
