/**
 * What server and agent share: names of certificates and keys, encodings, and the messages they exchange. Plain Java; no
 * framework and no cryptographic library beyond the JDK, so that the agent stays small.
 */
@NullMarked
package dev.certfleet.pki;

import org.jspecify.annotations.NullMarked;
