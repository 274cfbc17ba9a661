package dev.certfleet.server.x509;

/** What a profile makes of a request: the contents of a certificate, or everything that is wrong with it. */
public sealed interface Result permits CertificateContents, Violations {}
