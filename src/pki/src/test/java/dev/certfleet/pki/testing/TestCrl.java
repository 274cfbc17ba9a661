package dev.certfleet.pki.testing;

import java.io.IOException;
import java.math.BigInteger;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.CRLNumber;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.IssuingDistributionPoint;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A CRL made by Bouncy Castle; each test changes the one thing it is about. */
public final class TestCrl {
    private final X500Name issuer;
    private PrivateKey key;
    private Instant thisUpdate;
    private Instant nextUpdate;
    private final X509v2CRLBuilder builder;

    private TestCrl(X509Certificate authority, PrivateKey key, Instant now) {
        this.issuer = X500Name.getInstance(authority.getSubjectX500Principal().getEncoded());
        this.key = key;
        this.thisUpdate = now;
        this.nextUpdate = now.plus(Duration.ofHours(24));
        this.builder = new X509v2CRLBuilder(issuer, Date.from(now));
    }

    /** Of now, for a day, with this number and nothing in it. */
    public static TestCrl of(TestAuthority authority, long number, Instant now) {
        return of(authority.certificate(), authority.key(), number, now);
    }

    public static TestCrl of(X509Certificate authority, PrivateKey key, long number, Instant now) {
        return new TestCrl(authority, key, now)
                .extension(Extension.cRLNumber, false, new CRLNumber(BigInteger.valueOf(number)));
    }

    public static TestCrl withoutNumber(TestAuthority authority, Instant now) {
        return new TestCrl(authority.certificate(), authority.key(), now);
    }

    public TestCrl revokes(BigInteger serial, int reason) {
        builder.addCRLEntry(serial, Date.from(thisUpdate.minusSeconds(60)), reason);
        return this;
    }

    public TestCrl revokes(BigInteger serial) {
        return revokes(serial, 0);
    }

    public TestCrl until(Instant end) {
        nextUpdate = end;
        return this;
    }

    public TestCrl at(Instant begin) {
        thisUpdate = begin;
        builder.setThisUpdate(Date.from(begin));
        return this;
    }

    public TestCrl signedBy(PrivateKey other) {
        key = other;
        return this;
    }

    /** Speaks for other issuers too. */
    public TestCrl indirect() {
        return extension(
                Extension.issuingDistributionPoint,
                true,
                new IssuingDistributionPoint(null, false, false, null, true, false));
    }

    public TestCrl ofDistributionPoint(String uri) {
        GeneralNames names = new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri));
        return extension(
                Extension.issuingDistributionPoint,
                true,
                new IssuingDistributionPoint(new DistributionPointName(names), false, false, null, false, false));
    }

    public TestCrl ofAuthoritiesOnly() {
        return extension(
                Extension.issuingDistributionPoint,
                true,
                new IssuingDistributionPoint(null, false, true, null, false, false));
    }

    public TestCrl extension(ASN1ObjectIdentifier oid, boolean critical, ASN1Encodable value) {
        try {
            builder.addExtension(oid, critical, value);
            return this;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public byte[] der() {
        try {
            builder.setNextUpdate(Date.from(nextUpdate));
            String algorithm = key.getAlgorithm().startsWith("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            return builder.build(new JcaContentSignerBuilder(algorithm).build(key))
                    .toASN1Structure()
                    .getEncoded("DER");
        } catch (OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
