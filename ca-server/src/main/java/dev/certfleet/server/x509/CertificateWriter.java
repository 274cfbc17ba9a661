package dev.certfleet.server.x509;

import java.io.IOException;
import java.time.Instant;
import java.util.Date;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.DERIA5String;
import org.bouncycastle.asn1.DERNull;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.ocsp.OCSPObjectIdentifiers;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.AuthorityKeyIdentifier;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.DistributionPointName;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.SubjectKeyIdentifier;
import org.bouncycastle.asn1.x509.Time;
import org.bouncycastle.asn1.x509.V3TBSCertificateGenerator;

/** Writes the TBSCertificate of RFC 5280 section 4.1 for given contents, issuer and serial. */
final class CertificateWriter {
    private CertificateWriter() {}

    static byte[] write(CertificateContents contents, IssuerFacts issuer, Serial serial) {
        try {
            V3TBSCertificateGenerator tbs = new V3TBSCertificateGenerator();
            tbs.setSerialNumber(new ASN1Integer(serial.value()));
            tbs.setSignature(issuer.signatureAlgorithm());
            tbs.setIssuer(issuer.name());
            tbs.setStartDate(time(contents.validity().notBefore()));
            tbs.setEndDate(time(contents.validity().notAfter()));
            tbs.setSubject(contents.subject().toName());
            tbs.setSubjectPublicKeyInfo(contents.key());
            tbs.setExtensions(extensions(contents, issuer, serial));
            return tbs.generateTBSCertificate().getEncoded(ASN1Encoding.DER);
        } catch (IOException e) {
            throw new IllegalStateException("a certificate that cannot be encoded", e);
        }
    }

    /** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 section 4.1.2.5). */
    private static Time time(Instant instant) {
        return new Time(Date.from(instant), Locale.ROOT);
    }

    private static Extensions extensions(CertificateContents contents, IssuerFacts issuer, Serial serial)
            throws IOException {
        ExtensionsGenerator extensions = new ExtensionsGenerator();
        extensions.addExtension(
                Extension.basicConstraints,
                true,
                switch (contents.kind()) {
                    case AUTHORITY -> new BasicConstraints(0);
                    case CROSS_CERTIFIED -> new BasicConstraints(true);
                    case LEAF, OCSP_RESPONDER -> new BasicConstraints(false);
                });
        extensions.addExtension(Extension.keyUsage, true, KeyUse.extension(contents.keyUses()));
        if (!contents.purposes().isEmpty()) {
            extensions.addExtension(Extension.extendedKeyUsage, false, Purpose.extension(contents.purposes()));
        }
        extensions.addExtension(
                Extension.subjectKeyIdentifier, false, new SubjectKeyIdentifier(KeyIds.of(contents.key())));
        extensions.addExtension(Extension.authorityKeyIdentifier, false, new AuthorityKeyIdentifier(issuer.keyId()));
        if (!contents.names().isEmpty()) {
            extensions.addExtension(Extension.subjectAlternativeName, false, names(contents.names()));
        }
        switch (contents.kind()) {
            case LEAF -> leafStatus(extensions, Objects.requireNonNull(contents.urls()), serial);
            case OCSP_RESPONDER -> responderStatus(extensions, Objects.requireNonNull(contents.urls()));
            case AUTHORITY, CROSS_CERTIFIED -> {}
        }
        return extensions.generate();
    }

    private static void leafStatus(ExtensionsGenerator extensions, AuthorityUrls urls, Serial serial)
            throws IOException {
        extensions.addExtension(
                Extension.authorityInfoAccess, false, new AuthorityInformationAccess(new AccessDescription[] {
                    new AccessDescription(AccessDescription.id_ad_ocsp, url(urls.ocsp())),
                    new AccessDescription(AccessDescription.id_ad_caIssuers, url(urls.caIssuers()))
                }));
        DistributionPointName place = new DistributionPointName(new GeneralNames(url(urls.crlOf(serial))));
        extensions.addExtension(Extension.cRLDistributionPoints, false, new CRLDistPoint(new DistributionPoint[] {
            new DistributionPoint(place, null, null)
        }));
    }

    /** Where the issuer is, but nothing to check the responder itself by. */
    private static void responderStatus(ExtensionsGenerator extensions, AuthorityUrls urls) throws IOException {
        extensions.addExtension(
                Extension.authorityInfoAccess,
                false,
                new AuthorityInformationAccess(
                        new AccessDescription(AccessDescription.id_ad_caIssuers, url(urls.caIssuers()))));
        extensions.addExtension(OCSPObjectIdentifiers.id_pkix_ocsp_nocheck, false, DERNull.INSTANCE);
    }

    private static GeneralNames names(SubjectAlternativeNames names) {
        return new GeneralNames(Stream.concat(
                        names.dnsNames().stream()
                                .map(name -> new GeneralName(GeneralName.dNSName, new DERIA5String(name))),
                        names.addresses().stream()
                                .map(address -> new GeneralName(
                                        GeneralName.iPAddress, new DEROctetString(address.getAddress()))))
                .toArray(GeneralName[]::new));
    }

    private static GeneralName url(String url) {
        return new GeneralName(GeneralName.uniformResourceIdentifier, new DERIA5String(url));
    }
}
