package dev.certfleet.pki.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/agent/service-account-key}: what a control-plane node has, offers, asks for or passes on. The answer is
 * the {@link ServiceAccountKeyOrder} that follows from it.
 *
 * @param inPlace SHA-256 of the public key whose pair is published on the node, lowercase hexadecimal; null where none is
 * @param offered that of a pair which it made and would publish if no other node was faster; null where it made none
 * @param request it asks for the pair; null where it does not
 * @param sealed what it sealed for others; null or empty where it did not
 */
public record ServiceAccountKeyReport(
        @Nullable String inPlace,
        @Nullable String offered,
        @Nullable KeyRequest request,
        @Nullable List<SealedKey> sealed) {}
