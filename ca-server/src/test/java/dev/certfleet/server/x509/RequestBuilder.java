package dev.certfleet.server.x509;

import java.io.IOException;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.jcajce.provider.asymmetric.ec.BCECPrivateKey;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Certification requests as Bouncy Castle writes them. */
public final class RequestBuilder {
    private final KeyPair pair;
    private X500Name subject = new X500Name("");
    private String signature;
    private final List<GeneralName> names = new ArrayList<>();
    private final ExtensionsGenerator extensions = new ExtensionsGenerator();

    public RequestBuilder(KeyPair pair) {
        this.pair = pair;
        this.signature = switch (pair.getPublic().getAlgorithm()) {
            case "EC", "ECDSA" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
    }

    public RequestBuilder subject(String name) {
        subject = new X500Name(name);
        return this;
    }

    public RequestBuilder signature(String algorithm) {
        signature = algorithm;
        return this;
    }

    public RequestBuilder dns(String... asked) {
        for (String name : asked) {
            names.add(new GeneralName(GeneralName.dNSName, name));
        }
        return this;
    }

    public RequestBuilder address(String... asked) {
        for (String name : asked) {
            names.add(new GeneralName(GeneralName.iPAddress, name));
        }
        return this;
    }

    public RequestBuilder name(GeneralName name) {
        names.add(name);
        return this;
    }

    public RequestBuilder extension(ASN1ObjectIdentifier id, boolean critical, ASN1Encodable value) {
        try {
            extensions.addExtension(id, critical, value);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return this;
    }

    public byte[] der() {
        try {
            if (!names.isEmpty()) {
                extension(Extension.subjectAlternativeName, false, new GeneralNames(names.toArray(GeneralName[]::new)));
            }
            var request = new JcaPKCS10CertificationRequestBuilder(subject, pair.getPublic());
            if (!extensions.isEmpty()) {
                request.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
            }
            return request.build(signer().build(pair.getPrivate())).getEncoded();
        } catch (IOException | OperatorCreationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Keys of Bouncy Castle's own making are signed with by it alone: the platform may not have their curve. */
    private JcaContentSignerBuilder signer() {
        JcaContentSignerBuilder signer = new JcaContentSignerBuilder(signature);
        return pair.getPrivate() instanceof BCECPrivateKey ? signer.setProvider(new BouncyCastleProvider()) : signer;
    }

    public String pem() {
        return pem("CERTIFICATE REQUEST", der());
    }

    public static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label + "-----\n";
    }

    CertificationRequest request() {
        return (CertificationRequest) CertificationRequest.parse(der());
    }
}
