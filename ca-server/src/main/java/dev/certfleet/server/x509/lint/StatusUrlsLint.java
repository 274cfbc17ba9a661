package dev.certfleet.server.x509.lint;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1String;
import org.bouncycastle.asn1.x509.AccessDescription;
import org.bouncycastle.asn1.x509.AuthorityInformationAccess;
import org.bouncycastle.asn1.x509.CRLDistPoint;
import org.bouncycastle.asn1.x509.DistributionPoint;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;

/**
 * RFC 5280 sections 4.2.1.13 and 4.2.2.1, RFC 5019 section 2.1: a leaf says where its status is; by HTTP, as HTTPS would need the
 * status of another certificate first.
 */
final class StatusUrlsLint implements Lint {
    private static final int MAX_LENGTH = 1024;

    @Override
    public String name() {
        return "status-urls";
    }

    @Override
    public List<String> check(Twin twin) {
        List<String> ocsp = access(twin, AccessDescription.id_ad_ocsp);
        List<String> issuers = access(twin, AccessDescription.id_ad_caIssuers);
        List<String> crls = crls(twin);
        boolean complete = switch (twin.kind()) {
            case LEAF -> ocsp.size() == 1 && issuers.size() == 1 && crls.size() == 1;
            case OCSP_RESPONDER -> ocsp.isEmpty() && issuers.size() == 1 && crls.isEmpty();
            case AUTHORITY, CROSS_CERTIFIED -> ocsp.isEmpty() && issuers.isEmpty() && crls.isEmpty();
        };
        List<String> findings =
                new ArrayList<>(Lint.unless(complete, "it lacks an address of its status, or has one too many"));
        List<String> all = new ArrayList<>(ocsp);
        all.addAll(issuers);
        all.addAll(crls);
        all.stream()
                .filter(url -> !isHttp(url))
                .map(url -> "not an HTTP URL: " + url)
                .forEach(findings::add);
        return findings;
    }

    private static List<String> access(Twin twin, ASN1ObjectIdentifier method) {
        List<String> urls = new ArrayList<>();
        AuthorityInformationAccess access =
                AuthorityInformationAccess.getInstance(twin.value(Extension.authorityInfoAccess));
        for (AccessDescription description :
                access == null ? new AccessDescription[0] : access.getAccessDescriptions()) {
            if (method.equals(description.getAccessMethod())) {
                urls.add(url(description.getAccessLocation()));
            }
        }
        return urls;
    }

    private static List<String> crls(Twin twin) {
        List<String> urls = new ArrayList<>();
        CRLDistPoint points = CRLDistPoint.getInstance(twin.value(Extension.cRLDistributionPoints));
        for (DistributionPoint point : points == null ? new DistributionPoint[0] : points.getDistributionPoints()) {
            for (GeneralName name : GeneralNames.getInstance(
                            point.getDistributionPoint().getName())
                    .getNames()) {
                urls.add(url(name));
            }
        }
        return urls;
    }

    private static String url(GeneralName name) {
        return name.getTagNo() == GeneralName.uniformResourceIdentifier
                ? ((ASN1String) name.getName()).getString()
                : "(no URL)";
    }

    private static boolean isHttp(String text) {
        try {
            URI url = new URI(text);
            return url.getHost() != null
                    && text.length() <= MAX_LENGTH
                    && "http".equals(String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT));
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
