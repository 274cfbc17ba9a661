package dev.certfleet.server.issuance;

import dev.certfleet.pki.ProfileName;
import dev.certfleet.server.x509.CertificationRequest;
import dev.certfleet.server.x509.Holder;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that somebody who may asks for. Whether they may is decided before: see the module {@code access}.
 *
 * @param profile what kind of certificate
 * @param holder whom it is for
 * @param request the checked PKCS#10 request
 * @param lifetime shorter than the profile's; null for the profile's
 * @param requester who asks, as in audit events
 * @param requestId the requester's name for this request
 * @param requestHash SHA-256 of what is asked
 */
public record Order(
        ProfileName profile,
        Holder holder,
        CertificationRequest request,
        @Nullable Duration lifetime,
        String requester,
        String requestId,
        byte[] requestHash) {}
