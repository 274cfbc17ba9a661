package dev.certfleet.server.x509;

/**
 * One reason why something is refused.
 *
 * @param rule the rule's stable name, for programs
 * @param detail what exactly breaks it, for people
 */
public record Violation(String rule, String detail) {}
