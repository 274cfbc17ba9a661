package dev.certfleet.server.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.signing.OcspResponseData.CertStatus;
import dev.certfleet.server.signing.OcspResponseData.SingleResponse;
import dev.certfleet.server.x509.Serial;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.security.KeyPair;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the two signers write, as Bouncy Castle reads it. */
class StatusSignersTest {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final Serial SERIAL = Serial.parse("ff0102030405060708090a0b0c0d0e0f");

    private static final String DELTA = "http://status.example.org/crl/prod-kubernetes-1.delta.crl";
    private static final String SHARD = "http://status.example.org/crl/prod-kubernetes-1/7.crl";
    private static final byte[] NOTHING_MORE = new byte[0];

    private record Party(SigningKey key, X509CertificateHolder certificate, ContentVerifierProvider verifier) {}

    private static Party party(KeyAlgorithm algorithm) throws Exception {
        KeyPair pair = Signatures.generate(algorithm);
        X500Name name = new X500Name("O=certfleet,CN=test");
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                        name,
                        BigInteger.ONE,
                        Date.from(NOW.minusSeconds(60)),
                        Date.from(NOW.plusSeconds(86400)),
                        name,
                        pair.getPublic())
                .addExtension(
                        Extension.subjectKeyIdentifier,
                        false,
                        new JcaX509ExtensionUtils().createSubjectKeyIdentifier(pair.getPublic()));
        X509CertificateHolder certificate = builder.build(new JcaContentSignerBuilder(algorithm.signature())
                .setProvider(Signatures.provider())
                .build(pair.getPrivate()));
        return new Party(
                new SealedSigningKey(UUID.randomUUID(), algorithm, pair.getPublic(), pair.getPrivate()),
                certificate,
                new JcaContentVerifierProviderBuilder()
                        .setProvider(new BouncyCastleProvider())
                        .build(certificate));
    }

    private interface Entries {
        void write(CrlEntryWriter writer) throws IOException;
    }

    private static byte[] signed(Party party, long number, CrlScope scope, Entries entries) throws Exception {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        CrlEntryWriter writer = new CrlEntryWriter(encoded);
        entries.write(writer);
        writer.flush();
        SignedCrl crl = new CrlSigner(party.key(), party.certificate().getEncoded())
                .sign(new CrlContents(number, NOW, NOW.plusSeconds(60), scope), new CrlEntries() {
                    @Override
                    public long length() {
                        return encoded.size();
                    }

                    @Override
                    public InputStream open() {
                        return new ByteArrayInputStream(encoded.toByteArray());
                    }
                });
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        crl.writeTo(out);
        assertThat(crl.length()).isEqualTo(out.size());
        return out.toByteArray();
    }

    private static DistributionPointName place(String url) {
        return new DistributionPointName(new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, url)));
    }

    private static CertificateID certId(X509CertificateHolder issuer) throws Exception {
        return new CertificateID(
                new JcaDigestCalculatorProviderBuilder().build().get(CertificateID.HASH_SHA1), issuer, SERIAL.value());
    }

    @ParameterizedTest
    @EnumSource(KeyAlgorithm.class)
    void responsesVerifyWithKeysOfEveryAlgorithm(KeyAlgorithm algorithm) throws Exception {
        Party party = party(algorithm);
        CertificateID certId = certId(party.certificate());
        SingleResponse revoked = new SingleResponse(
                certId.toASN1Primitive().getEncoded(ASN1Encoding.DER),
                new CertStatus.Revoked(NOW.minusSeconds(5), RevocationReason.SUPERSEDED, NOW.minusSeconds(9)),
                NOW,
                NOW.plusSeconds(600),
                NOW.minusSeconds(700));

        byte[] der = new OcspSigner(party.key(), party.certificate().getEncoded())
                .sign(new OcspResponseData(NOW, List.of(revoked), new byte[] {4, 1, 7}));

        OCSPResp response = new OCSPResp(der);
        BasicOCSPResp basic = (BasicOCSPResp) response.getResponseObject();
        assertThat(basic.isSignatureValid(party.verifier())).isTrue();
        assertThat(basic.getProducedAt()).isEqualTo(Date.from(NOW));
        assertThat(basic.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce)
                        .getExtnValue()
                        .getOctets())
                .containsExactly(4, 1, 7);
        assertThat(basic.getResponses()).hasSize(1);
        assertThat(basic.getResponses()[0].getCertID()).isEqualTo(certId);
        assertThat(basic.getResponses()[0].getExtensionOIDs().size()).isEqualTo(2);
        RevokedStatus status = (RevokedStatus) basic.getResponses()[0].getCertStatus();
        assertThat(status.getRevocationTime()).isEqualTo(Date.from(NOW.minusSeconds(5)));
        assertThat(status.getRevocationReason()).isEqualTo(CRLReason.superseded);
        assertThat(response.toASN1Structure().getEncoded(ASN1Encoding.DER)).isEqualTo(der);
        assertThat(basic.getEncoded())
                .isEqualTo(response.toASN1Structure()
                        .getResponseBytes()
                        .getResponse()
                        .getOctets());
    }

    @ParameterizedTest
    @EnumSource(KeyAlgorithm.class)
    void crlsVerifyWithKeysOfEveryAlgorithm(KeyAlgorithm algorithm) throws Exception {
        Party party = party(algorithm);

        X509CRLHolder crl = new X509CRLHolder(signed(
                party,
                300,
                new CrlScope.Full(DELTA),
                entries -> entries.write(
                        SERIAL.bytes(),
                        NOW.getEpochSecond() - 5,
                        RevocationReason.KEY_COMPROMISE.code(),
                        NOW.getEpochSecond() - 9,
                        NOTHING_MORE)));

        assertThat(crl.isSignatureValid(party.verifier())).isTrue();
        assertThat(crl.getRevokedCertificate(SERIAL.value()).getExtensionOIDs().size())
                .isEqualTo(2);
    }

    @Test
    void crlIsOctetForOctetWhatBouncyCastleWouldSign() throws Exception {
        Party party = party(KeyAlgorithm.P256);
        Serial low = Serial.parse("0102030405060708090a0b0c0d0e0f10");
        X509v2CRLBuilder oracle = new X509v2CRLBuilder(party.certificate().getSubject(), Date.from(NOW));
        oracle.setNextUpdate(Date.from(NOW.plusSeconds(60)));
        oracle.addCRLEntry(SERIAL.value(), Date.from(NOW), CRLReason.keyCompromise);
        oracle.addCRLEntry(low.value(), Date.from(NOW), CRLReason.unspecified);
        oracle.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new org.bouncycastle.asn1.x509.AuthorityKeyIdentifier(
                        org.bouncycastle.asn1.x509.SubjectKeyIdentifier.fromExtensions(
                                        party.certificate().getExtensions())
                                .getKeyIdentifier()));
        oracle.addExtension(
                Extension.cRLNumber, false, new org.bouncycastle.asn1.x509.CRLNumber(BigInteger.valueOf(7)));
        oracle.addExtension(Extension.freshestCRL, false, new CRLDistPoint(new DistributionPoint[] {
            new DistributionPoint(place(DELTA), null, null)
        }));
        KeyPair any = Signatures.generate(KeyAlgorithm.P256);
        byte[] wanted = oracle.build(new JcaContentSignerBuilder("SHA256withECDSA").build(any.getPrivate()))
                .toASN1Structure()
                .getTBSCertList()
                .getEncoded(ASN1Encoding.DER);

        byte[] crl = signed(party, 7, new CrlScope.Full(DELTA), entries -> {
            entries.write(SERIAL.bytes(), NOW.getEpochSecond(), 1, CrlEntryWriter.NEVER, NOTHING_MORE);
            entries.write(low.bytes(), NOW.getEpochSecond(), 0, CrlEntryWriter.NEVER, NOTHING_MORE);
        });

        assertThat(new X509CRLHolder(crl).toASN1Structure().getTBSCertList().getEncoded(ASN1Encoding.DER))
                .isEqualTo(wanted);
    }

    @Test
    void emptyCrlHasNoList() throws Exception {
        Party party = party(KeyAlgorithm.P256);

        byte[] crl = signed(party, 1, new CrlScope.Full(DELTA), entries -> {});

        assertThat(new X509CRLHolder(crl).getRevokedCertificates().isEmpty()).isTrue();
        assertThat(new X509CRLHolder(crl).toASN1Structure().getEncoded(ASN1Encoding.DER))
                .isEqualTo(crl);
    }

    @Test
    void manyEntriesAreStreamedAndOctetForOctetWhatBouncyCastleWouldSign() throws Exception {
        Party party = party(KeyAlgorithm.P256);
        Instant late = Instant.parse("2050-01-01T00:00:00Z");
        X509v2CRLBuilder oracle = new X509v2CRLBuilder(party.certificate().getSubject(), Date.from(NOW));
        oracle.setNextUpdate(Date.from(NOW.plusSeconds(60)));
        List<byte[]> serials = new java.util.ArrayList<>();
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 5000; i++) {
            byte[] serial = new byte[16];
            random.nextBytes(serial);
            serial[0] |= 1;
            serials.add(serial);
            Instant at = i % 7 == 0 ? late : NOW.minusSeconds(i * 3600L);
            if (i % 3 == 0) {
                oracle.addCRLEntry(new BigInteger(1, serial), Date.from(at), i % 11, Date.from(NOW.minusSeconds(i)));
            } else {
                oracle.addCRLEntry(new BigInteger(1, serial), Date.from(at), i % 11);
            }
        }
        oracle.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                new org.bouncycastle.asn1.x509.AuthorityKeyIdentifier(
                        org.bouncycastle.asn1.x509.SubjectKeyIdentifier.fromExtensions(
                                        party.certificate().getExtensions())
                                .getKeyIdentifier()));
        oracle.addExtension(
                Extension.cRLNumber, false, new org.bouncycastle.asn1.x509.CRLNumber(BigInteger.valueOf(9)));
        oracle.addExtension(
                Extension.issuingDistributionPoint,
                true,
                new IssuingDistributionPoint(place(SHARD), false, false, null, false, false));

        byte[] crl = signed(party, 9, new CrlScope.Shard(SHARD), entries -> {
            for (int i = 0; i < serials.size(); i++) {
                Instant at = i % 7 == 0 ? late : NOW.minusSeconds(i * 3600L);
                entries.write(
                        serials.get(i),
                        at.getEpochSecond(),
                        i % 11,
                        i % 3 == 0 ? NOW.minusSeconds(i).getEpochSecond() : CrlEntryWriter.NEVER,
                        NOTHING_MORE);
            }
        });

        assertThat(new X509CRLHolder(crl).isSignatureValid(party.verifier())).isTrue();
        assertThat(new X509CRLHolder(crl).toASN1Structure().getTBSCertList().getEncoded(ASN1Encoding.DER))
                .isEqualTo(oracle.build(new JcaContentSignerBuilder("SHA256withECDSA")
                                .build(Signatures.generate(KeyAlgorithm.P256).getPrivate()))
                        .toASN1Structure()
                        .getTBSCertList()
                        .getEncoded(ASN1Encoding.DER));
    }

    @Test
    void deltaAndIndirectCrlsHaveTheirExtensionsAsBouncyCastleWritesThem() throws Exception {
        Party party = party(KeyAlgorithm.P256);

        X509CRLHolder delta = new X509CRLHolder(signed(party, 9, new CrlScope.Delta(300), entries -> {}));
        X509CRLHolder indirect = new X509CRLHolder(signed(
                party,
                9,
                new CrlScope.Indirect(),
                entries -> entries.write(
                        SERIAL.bytes(),
                        NOW.getEpochSecond(),
                        0,
                        CrlEntryWriter.NEVER,
                        CrlEntryWriter.certificateIssuer(party.certificate().getEncoded()))));

        assertThat(delta.getExtension(Extension.deltaCRLIndicator))
                .isEqualTo(Extension.create(
                        Extension.deltaCRLIndicator,
                        true,
                        new org.bouncycastle.asn1.x509.CRLNumber(BigInteger.valueOf(300))));
        assertThat(indirect.getExtension(Extension.issuingDistributionPoint))
                .isEqualTo(Extension.create(
                        Extension.issuingDistributionPoint, true, new IssuingDistributionPoint(null, true, false)));
        assertThat(indirect.getRevokedCertificate(SERIAL.value()).getExtension(Extension.certificateIssuer))
                .isEqualTo(Extension.create(
                        Extension.certificateIssuer,
                        true,
                        new GeneralNames(new GeneralName(party.certificate().getSubject()))));
        assertThat(indirect.toASN1Structure().getEncoded(ASN1Encoding.DER)).isEqualTo(indirect.getEncoded());
    }

    @Test
    void refusesACertificateForAnotherKey() throws Exception {
        byte[] certificate = party(KeyAlgorithm.P256).certificate().getEncoded();
        SigningKey other = party(KeyAlgorithm.P256).key();

        assertThatThrownBy(() -> new OcspSigner(other, certificate)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new CrlSigner(other, certificate)).isInstanceOf(IllegalArgumentException.class);
    }
}
