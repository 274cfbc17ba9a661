package dev.certfleet.server.x509.lint;

import dev.certfleet.server.x509.CertificateContents;
import dev.certfleet.server.x509.CertificateContents.Kind;
import dev.certfleet.server.x509.IssuerFacts;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CertificateHolder;
import org.jspecify.annotations.Nullable;

/**
 * A certificate as a relying party reads it, beside what it was to say. But for the signature it is the one that will be
 * issued.
 */
public record Twin(X509CertificateHolder certificate, CertificateContents contents, IssuerFacts issuer) {
    Kind kind() {
        return contents.kind();
    }

    @Nullable
    Extension extension(ASN1ObjectIdentifier id) {
        return certificate.getExtension(id);
    }

    /** The decoded value of an extension; null where there is none. */
    @Nullable
    ASN1Encodable value(ASN1ObjectIdentifier id) {
        Extension extension = extension(id);
        return extension == null ? null : extension.getParsedValue();
    }

    boolean has(ASN1ObjectIdentifier id) {
        return extension(id) != null;
    }

    boolean hasCritical(ASN1ObjectIdentifier id) {
        Extension extension = extension(id);
        return extension != null && extension.isCritical();
    }
}
