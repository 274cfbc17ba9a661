package dev.certfleet.server.x509.lint;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.bouncycastle.asn1.ASN1Encodable;
import org.bouncycastle.asn1.ASN1Sequence;
import org.bouncycastle.asn1.ASN1TaggedObject;
import org.bouncycastle.asn1.BERTags;

/** RFC 5280 section 4.2: no extension twice. Looks at the raw structure, as parsers hide what they drop. */
final class DuplicateExtensionLint implements Lint {
    private static final int EXTENSIONS_TAG = 3;

    @Override
    public String name() {
        return "duplicate-extension";
    }

    @Override
    public List<String> check(Twin twin) {
        Set<ASN1Encodable> seen = new HashSet<>();
        for (ASN1Encodable part :
                ASN1Sequence.getInstance(twin.certificate().toASN1Structure().getTBSCertificate())) {
            if (part instanceof ASN1TaggedObject tagged && tagged.hasTag(BERTags.CONTEXT_SPECIFIC, EXTENSIONS_TAG)) {
                for (ASN1Encodable extension : ASN1Sequence.getInstance(tagged, true)) {
                    ASN1Encodable id = ASN1Sequence.getInstance(extension).getObjectAt(0);
                    if (!seen.add(id)) {
                        return List.of("the extension " + id + " is there twice");
                    }
                }
            }
        }
        return List.of();
    }
}
