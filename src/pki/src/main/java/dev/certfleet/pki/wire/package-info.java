/**
 * The messages of the REST API as the agent and the server exchange them: JSON objects whose members are the records'
 * components. Times are RFC 3339 strings in UTC, durations ISO 8601, serials and fingerprints lowercase hexadecimal,
 * certificates, keys and requests PEM.
 */
@NullMarked
package dev.certfleet.pki.wire;

import org.jspecify.annotations.NullMarked;
