package dev.certfleet.server.signing;

import dev.certfleet.server.x509.Subject;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.operator.ContentSigner;
import org.bouncycastle.operator.DefaultSignatureAlgorithmIdentifierFinder;
import org.bouncycastle.pkcs.PKCS10CertificationRequestBuilder;

/** A request for an authority's certificate, for an authority outside to issue. */
public final class AuthorityRequest {
    private AuthorityRequest() {}

    /** PKCS#10 in DER, signed with the authority's key; it asks for a CA that has no authority below it. */
    public static byte[] of(SigningKey key, Subject subject) {
        try {
            ExtensionsGenerator wanted = new ExtensionsGenerator();
            wanted.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            wanted.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            return new PKCS10CertificationRequestBuilder(
                            subject.toName(),
                            SubjectPublicKeyInfo.getInstance(key.publicKey().getEncoded()))
                    .addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, wanted.generate())
                    .build(new Signer(key))
                    .getEncoded();
        } catch (IOException e) {
            throw new UncheckedIOException("a request that cannot be encoded", e);
        }
    }

    private static final class Signer implements ContentSigner {
        private final SigningKey key;
        private final ByteArrayOutputStream contents = new ByteArrayOutputStream();

        Signer(SigningKey key) {
            this.key = key;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return new DefaultSignatureAlgorithmIdentifierFinder()
                    .find(key.algorithm().signature());
        }

        @Override
        public OutputStream getOutputStream() {
            return contents;
        }

        @Override
        public byte[] getSignature() {
            return key.sign(contents.toByteArray());
        }
    }
}
