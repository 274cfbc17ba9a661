package dev.certfleet.server.status;

import dev.certfleet.server.x509.Serial;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Base64;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.ocsp.CertID;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPException;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.SingleResp;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.jspecify.annotations.Nullable;

/** OCSP as Bouncy Castle has it, for tests. */
final class Ocsp {
    private static final DigestCalculatorProvider DIGESTS = digests();

    private final OCSPReqBuilder request = new OCSPReqBuilder();

    private static DigestCalculatorProvider digests() {
        try {
            return new JcaDigestCalculatorProviderBuilder().build();
        } catch (OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    static CertificateID id(byte[] issuer, BigInteger serial) {
        return id(issuer, serial, CertificateID.HASH_SHA1);
    }

    static CertificateID id(byte[] issuer, BigInteger serial, AlgorithmIdentifier hash) {
        try {
            CertID computed =
                    new CertificateID(DIGESTS.get(hash), new X509CertificateHolder(issuer), serial).toASN1Primitive();
            return new CertificateID(new CertID(
                    hash, computed.getIssuerNameHash(), computed.getIssuerKeyHash(), computed.getSerialNumber()));
        } catch (OCSPException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    Ocsp about(byte[] issuer, Serial serial) {
        return about(issuer, serial.value());
    }

    Ocsp about(CertificateID id) {
        request.addRequest(id);
        return this;
    }

    Ocsp about(byte[] issuer, BigInteger serial) {
        request.addRequest(id(issuer, serial));
        return this;
    }

    Ocsp withNonce(int octets) {
        try {
            return withExtension(
                    OCSPObjectIdentifiers.id_pkix_ocsp_nonce.getId(),
                    false,
                    new DEROctetString(new byte[octets]).getEncoded());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    Ocsp withExtension(String identifier, boolean critical, byte[] value) {
        request.setRequestExtensions(new Extensions(
                new Extension(new org.bouncycastle.asn1.ASN1ObjectIdentifier(identifier), critical, value)));
        return this;
    }

    byte[] encoded() {
        try {
            return request.build().getEncoded();
        } catch (OCSPException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    String base64() {
        return Base64.getEncoder().encodeToString(encoded());
    }

    /** The status of the response as a whole. */
    static int status(byte[] response) {
        return read(response).getStatus();
    }

    /** A successful response, after the signature, the delegation and what it demands were verified. */
    static BasicOCSPResp verified(byte[] response, byte[] issuer) {
        if (status(response) != OCSPResp.SUCCESSFUL) {
            throw new AssertionError("the response has status " + status(response));
        }
        try {
            BasicOCSPResp basic = (BasicOCSPResp) read(response).getResponseObject();
            X509CertificateHolder authority = new X509CertificateHolder(issuer);
            X509CertificateHolder responder = basic.getCerts()[0];
            JcaContentVerifierProviderBuilder verifiers = new JcaContentVerifierProviderBuilder();
            if (basic.getCerts().length != 1
                    || !responder.getIssuer().equals(authority.getSubject())
                    || !responder.isSignatureValid(verifiers.build(authority))
                    || !basic.isSignatureValid(verifiers.build(responder))
                    || responder.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck) == null) {
                throw new AssertionError("not signed by a delegate of the authority");
            }
            return basic;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    static SingleResp only(BasicOCSPResp response) {
        if (response.getResponses().length != 1) {
            throw new AssertionError(response.getResponses().length + " responses");
        }
        return response.getResponses()[0];
    }

    private static OCSPResp read(byte[] response) {
        try {
            return new OCSPResp(response);
        } catch (IOException e) {
            throw new AssertionError("not an OCSP response", e);
        }
    }

    static byte @Nullable [] nonce(BasicOCSPResp response) {
        Extension extension = response.getExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nonce);
        return extension == null ? null : extension.getExtnValue().getOctets();
    }
}
