package dev.certfleet.server.x509.lint;

import java.math.BigInteger;
import java.util.List;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;

/** RFC 5280 section 4.2.1.9: critical; CA with no authority below it, a cross-certified CA, or no CA. */
final class BasicConstraintsLint implements Lint {
    @Override
    public String name() {
        return "basic-constraints";
    }

    @Override
    public List<String> check(Twin twin) {
        BasicConstraints constraints = BasicConstraints.getInstance(twin.value(Extension.basicConstraints));
        if (constraints == null || !twin.hasCritical(Extension.basicConstraints)) {
            return List.of("basicConstraints is missing or not critical");
        }
        BigInteger below = constraints.getPathLenConstraint();
        boolean fits = switch (twin.kind()) {
            case AUTHORITY -> constraints.isCA() && BigInteger.ZERO.equals(below);
            case CROSS_CERTIFIED -> constraints.isCA() && below == null;
            case LEAF, OCSP_RESPONDER -> !constraints.isCA() && below == null;
        };
        return Lint.unless(fits, "basicConstraints does not fit the certificate's kind");
    }
}
