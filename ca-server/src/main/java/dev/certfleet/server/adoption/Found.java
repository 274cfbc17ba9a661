package dev.certfleet.server.adoption;

import dev.certfleet.pki.ProfileName;
import org.jspecify.annotations.Nullable;

/**
 * A certificate that somebody found in use.
 *
 * @param der its encoding, as it was found
 * @param profile what it is used as, if that is known
 * @param node the node that holds it, if one does
 */
public record Found(
        byte[] der, @Nullable ProfileName profile, @Nullable String node) {}
