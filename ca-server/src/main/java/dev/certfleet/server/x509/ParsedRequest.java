package dev.certfleet.server.x509;

/** What reading a PKCS#10 gives: the request, or why it cannot be read. */
public sealed interface ParsedRequest permits CertificationRequest, Violations {}
