package dev.certfleet.server.x509;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Function;

/**
 * One kind of leaf certificate: what it is for, whose names it carries and how long it lives. {@link Profiles} has them all.
 *
 * @param purposes never empty
 * @param lifetime the longest, and what a request gets that asks for none
 * @param keyAlgorithms what keys may be of
 * @param names the names a holder gets
 */
record Profile(
        ProfileName name,
        Set<Purpose> purposes,
        Duration lifetime,
        Set<KeyAlgorithm> keyAlgorithms,
        Function<Holder, Subject> subject,
        Function<Holder, SubjectAlternativeNames> names) {

    Profile living(Duration other) {
        return new Profile(name, purposes, other, keyAlgorithms, subject, names);
    }

    /** RSA keys also encipher where kubeadm lets them: in what the Kubernetes components themselves use. */
    Set<KeyUse> keyUses(KeyAlgorithm key) {
        boolean ofKubernetes =
                name.authority() != AuthorityKind.AGENTS && name.authority() != AuthorityKind.INSTALLATION;
        boolean rsa = key == KeyAlgorithm.RSA3072 || key == KeyAlgorithm.RSA4096;
        return rsa && ofKubernetes
                ? EnumSet.of(KeyUse.DIGITAL_SIGNATURE, KeyUse.KEY_ENCIPHERMENT)
                : EnumSet.of(KeyUse.DIGITAL_SIGNATURE);
    }

    /** Whether the holder is of the kind that this profile is for. */
    boolean fits(Holder holder) {
        return switch (holder) {
            case Holder.Node _ -> name.holder() == ProfileName.Holder.NODE;
            case Holder.ClusterUser _ -> name.holder() == ProfileName.Holder.CLUSTER && !name.isByCsr();
            case Holder.NamedUser _ -> name.holder() == ProfileName.Holder.CLUSTER && name.isByCsr();
            case Holder.Installation _ -> name.holder() == ProfileName.Holder.INSTALLATION;
        };
    }
}
