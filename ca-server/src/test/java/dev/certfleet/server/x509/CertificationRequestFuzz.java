package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.testing.Allocation;
import java.io.IOException;
import java.util.List;
import org.bouncycastle.asn1.ASN1Encoding;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

/**
 * A PKCS#10 is read, or refused by one of the two rules that say so. What is read is DER, is what Bouncy Castle reads, and
 * goes through every rule without an exception; none but a request that its own key signed passes them.
 */
public final class CertificationRequestFuzz {
    private static final Profiles PROFILES = new Profiles(new KeyRules(DebianBlocklist.builtIn()), null);

    private CertificationRequestFuzz() {}

    public static void fuzzerTestOneInput(byte[] data) throws IOException {
        ParsedRequest parsed = Allocation.bounded(data.length, () -> CertificationRequest.parse(data));
        switch (parsed) {
            case Violations violations ->
                assertThat(violations.all())
                        .extracting(Violation::rule)
                        .isSubsetOf("malformed-request", "request-too-large")
                        .hasSize(1);
            case CertificationRequest request -> {
                if (data[0] == 0x30) {
                    PKCS10CertificationRequest theirs = new PKCS10CertificationRequest(data);
                    assertThat(request.signed())
                            .isEqualTo(theirs.toASN1Structure()
                                    .getCertificationRequestInfo()
                                    .getEncoded(ASN1Encoding.DER));
                    assertThat(request.signature()).isEqualTo(theirs.getSignature());
                    assertThat(request.key().getEncoded())
                            .isEqualTo(theirs.getSubjectPublicKeyInfo().getEncoded());
                }
                for (ProfileName profile :
                        List.of(ProfileName.KUBELET_CLIENT, ProfileName.KUBELET_SERVING, ProfileName.KUBE_APISERVER)) {
                    check(profile, request);
                }
            }
        }
    }

    private static void check(ProfileName profile, CertificationRequest request) {
        Result result = PROFILES.contents(profile, Fleet.CONTROL_PLANE, request, Fleet.validity(), Fleet.URLS);
        switch (result) {
            case Violations violations -> assertThat(violations.all()).isNotEmpty();
            case CertificateContents contents -> {
                assertThat(new SignatureCheck(null).check(request)).isEmpty();
                assertThat(contents.key()).isEqualTo(request.key());
            }
        }
    }
}
