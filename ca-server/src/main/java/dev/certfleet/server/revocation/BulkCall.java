package dev.certfleet.server.revocation;

import java.util.List;

/**
 * Who asks for what: a confirmation counts for this and nothing else.
 *
 * @param actor who asks, as in audit events
 * @param operation its name
 * @param arguments all that they ask, in a fixed order, with an empty text for what they leave out
 */
record BulkCall(String actor, String operation, List<String> arguments) {}
