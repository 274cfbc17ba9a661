package dev.certfleet.server.ocsp;

import java.math.BigInteger;

/**
 * How a request names a certificate (RFC 6960 section 4.1.1).
 *
 * @param hashAlgorithm the object identifier of what the hashes are made with
 * @param issuerNameHash of the issuer's name, DER
 * @param issuerKeyHash of the issuer's public key, without tag, length and unused bits
 * @param serial the certificate's
 * @param der the CertID itself
 */
record CertId(String hashAlgorithm, byte[] issuerNameHash, byte[] issuerKeyHash, BigInteger serial, byte[] der) {}
