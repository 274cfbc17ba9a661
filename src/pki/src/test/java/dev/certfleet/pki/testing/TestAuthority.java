package dev.certfleet.pki.testing;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.KeyAlgorithm;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.ocsp.OCSPResponseStatus;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.cert.ocsp.BasicOCSPRespBuilder;
import org.bouncycastle.cert.ocsp.CertificateStatus;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPRespBuilder;
import org.bouncycastle.cert.ocsp.Req;
import org.bouncycastle.cert.ocsp.RespID;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** A certificate authority and OCSP responder made by Bouncy Castle, so that nothing of ours checks itself. */
public final class TestAuthority {
    private static final SecureRandom RANDOM = new SecureRandom();

    private final KeyAlgorithm algorithm;
    private final KeyPair keys;
    private final X509Certificate certificate;

    /** A certificate and the key it is for. */
    public record Leaf(X509Certificate certificate, PrivateKey key) {}

    private TestAuthority(KeyAlgorithm algorithm, KeyPair keys, X509Certificate certificate) {
        this.algorithm = algorithm;
        this.keys = keys;
        this.certificate = certificate;
    }

    /** A self-signed authority, valid from a day ago for ten years. */
    public static TestAuthority create(String commonName, KeyAlgorithm algorithm, Instant now) {
        KeyPair keys = keyPair(algorithm);
        X500Name name = new X500Name("CN=" + commonName);
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    name,
                    new BigInteger(127, RANDOM),
                    Date.from(now.minus(Duration.ofDays(1))),
                    Date.from(now.plus(Duration.ofDays(3650))),
                    name,
                    keys.getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(true));
            return new TestAuthority(algorithm, keys, sign(builder, algorithm, keys));
        } catch (CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    public static KeyPair keyPair(KeyAlgorithm algorithm) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.generator());
            generator.initialize(algorithm.parameters(), RANDOM);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public X509Certificate certificate() {
        return certificate;
    }

    public PrivateKey key() {
        return keys.getPrivate();
    }

    /** A client certificate, valid for a year from five minutes ago. */
    public Leaf client(String subject, Instant now) {
        return leaf(subject, now, KeyPurposeId.id_kp_clientAuth);
    }

    /** A serving certificate for 127.0.0.1 and localhost. */
    public Leaf server(String subject, Instant now) {
        return leaf(subject, now, KeyPurposeId.id_kp_serverAuth);
    }

    /** A certificate that may answer for this authority. */
    public Leaf responder(String subject, Instant now) {
        return leaf(subject, now, KeyPurposeId.id_kp_OCSPSigning);
    }

    private Leaf leaf(String subject, Instant now, KeyPurposeId usage) {
        KeyPair leafKeys = keyPair(KeyAlgorithm.P256);
        try {
            X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    certificate,
                    new BigInteger(127, RANDOM),
                    Date.from(now.minus(Duration.ofMinutes(5))),
                    Date.from(now.plus(Duration.ofDays(365))),
                    new X500Name(subject),
                    leafKeys.getPublic());
            builder.addExtension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(usage));
            if (usage.equals(KeyPurposeId.id_kp_serverAuth)) {
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(new GeneralName[] {
                    new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
                    new GeneralName(GeneralName.dNSName, "localhost")
                }));
            }
            return new Leaf(sign(builder, algorithm, keys), leafKeys.getPrivate());
        } catch (CertIOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static X509Certificate sign(X509v3CertificateBuilder builder, KeyAlgorithm algorithm, KeyPair keys) {
        try {
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(signer(algorithm.signature(), keys.getPrivate())));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static ContentSigner signer(String algorithm, PrivateKey key) {
        try {
            return new JcaContentSignerBuilder(algorithm).build(key);
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How an answer is made; each test changes the one thing it is about. */
    public static final class Answer {
        private Instant thisUpdate;
        private Instant nextUpdate;
        private boolean repeatNonce = true;
        private PrivateKey signingKey;
        private String signature;
        private RespID responder;
        private X509CertificateHolder[] chain = {};

        private Answer(TestAuthority authority, Instant now) {
            this.thisUpdate = now;
            this.nextUpdate = now.plus(Duration.ofHours(1));
            this.signingKey = authority.key();
            this.signature = authority.algorithm.signature();
            this.responder = new RespID(
                    new X500Name(authority.certificate.getSubjectX500Principal().getName()));
        }

        public Answer at(Instant from, Instant until) {
            thisUpdate = from;
            nextUpdate = until;
            return this;
        }

        public Answer withoutNonce() {
            repeatNonce = false;
            return this;
        }

        /** Signed by another key, in the authority's name. */
        public Answer signedBy(PrivateKey key, String algorithm) {
            signingKey = key;
            signature = algorithm;
            return this;
        }

        /** Says to be signed by another authority. */
        public Answer inTheNameOf(TestAuthority authority) {
            responder = new RespID(
                    new X500Name(authority.certificate.getSubjectX500Principal().getName()));
            return this;
        }

        public Answer delegatedTo(Leaf leaf) {
            signingKey = leaf.key();
            signature = "SHA256withECDSA";
            try {
                X509CertificateHolder holder = new JcaX509CertificateHolder(leaf.certificate());
                responder = new RespID(holder.getSubject());
                chain = new X509CertificateHolder[] {holder};
                return this;
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        /** The response to a request, DER; {@code status} null stands for good, as in Bouncy Castle. */
        public byte[] to(byte[] request, java.util.function.Function<BigInteger, CertificateStatus> status) {
            try {
                OCSPReq req = new OCSPReq(request);
                BasicOCSPRespBuilder builder = new BasicOCSPRespBuilder(responder);
                for (Req one : req.getRequestList()) {
                    builder.addResponse(
                            one.getCertID(),
                            status.apply(one.getCertID().getSerialNumber()),
                            Date.from(thisUpdate),
                            nextUpdate == null ? null : Date.from(nextUpdate),
                            null);
                }
                Extension nonce = req.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
                if (nonce != null && repeatNonce) {
                    ASN1OctetString value = nonce.getExtnValue();
                    builder.setResponseExtensions(new Extensions(
                            new Extension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce, false, value.getOctets())));
                }
                return new OCSPRespBuilder()
                        .build(
                                OCSPRespBuilder.SUCCESSFUL,
                                builder.build(signer(signature, signingKey), chain, Date.from(thisUpdate)))
                        .getEncoded();
            } catch (OCSPException | IOException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    public Answer answer(Instant now) {
        return new Answer(this, now);
    }

    /** An unsigned response that says only this. */
    public static byte[] error(int status) {
        try {
            return new org.bouncycastle.asn1.ocsp.OCSPResponse(new OCSPResponseStatus(status), null).getEncoded();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The authority's certificate in PEM. */
    public String pem() {
        return Certificates.pem(List.of(certificate));
    }
}
