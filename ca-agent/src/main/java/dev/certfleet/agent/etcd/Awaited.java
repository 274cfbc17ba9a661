package dev.certfleet.agent.etcd;

import dev.certfleet.agent.gate.RevocationListener.Revoked;
import dev.certfleet.pki.Certificates;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;

/**
 * A revocation that the feed told of and that etcd was not yet seen to enforce.
 *
 * @param id the certificate's fingerprint
 * @param serial lowercase hexadecimal
 * @param at when the server revoked it
 * @param notAfter the certificate's end: from then on etcd refuses it by itself
 * @param addresses those of the node that holds it
 * @param cut true once its connections were ended
 */
public record Awaited(String id, String serial, Instant at, Instant notAfter, List<String> addresses, boolean cut) {
    static Awaited of(Revoked told) {
        return new Awaited(
                told.id(),
                Certificates.serial(told.certificate()),
                told.at(),
                told.certificate().getNotAfter().toInstant(),
                told.addresses(),
                false);
    }

    Awaited afterCut() {
        return new Awaited(id, serial, at, notAfter, addresses, true);
    }

    BigInteger number() {
        return new BigInteger(serial, 16);
    }

    /** What is on disk. */
    public record File(List<Awaited> revocations) {}
}
