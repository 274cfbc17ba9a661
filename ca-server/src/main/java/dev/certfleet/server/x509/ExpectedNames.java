package dev.certfleet.server.x509;

import java.net.InetAddress;
import java.util.List;

/** The names a holder's certificate of some profile will carry. */
public record ExpectedNames(String commonName, List<String> dnsNames, List<InetAddress> addresses) {}
