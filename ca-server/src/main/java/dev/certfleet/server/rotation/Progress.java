package dev.certfleet.server.rotation;

import dev.certfleet.pki.Certificates;
import dev.certfleet.server.authority.Authorities;
import dev.certfleet.server.authority.Authority;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.springframework.stereotype.Component;

/** What a rotation waits for. */
@Component
public class Progress {
    /** How many certificates are listed. */
    public static final int LISTED = 200;

    private final Authorities authorities;
    private final LoadedAuthorities loaded;
    private final RemainingCertificates remaining;

    Progress(Authorities authorities, LoadedAuthorities loaded, RemainingCertificates remaining) {
        this.authorities = authorities;
        this.loaded = loaded;
        this.remaining = remaining;
    }

    /**
     * What a rotation waits for.
     *
     * @param nodes nodes that have yet to load, or to unload, an authority
     * @param certificates the first {@value #LISTED} certificates of other generations that may be in use
     * @param certificatesInUse how many there are
     * @param waits how many nodes and certificates it waits for at this step
     */
    public record Waits(List<WaitedFor> nodes, List<Remaining> certificates, int certificatesInUse, int waits) {}

    public Waits of(Rotation rotation) {
        List<WaitedFor> nodes = nodes(rotation);
        List<String> others = others(rotation);
        RemainingCertificates.Count count =
                rotation.step().isEnd() ? new RemainingCertificates.Count(0, 0) : remaining.count(rotation, others);
        return new Waits(
                nodes,
                count.all() == 0 ? List.of() : remaining.list(rotation, others, LISTED),
                count.all(),
                nodes.size() + (rotation.step() == Step.RENEWING ? count.waited() : 0));
    }

    /** Nodes that keep it from its next step. */
    List<WaitedFor> nodes(Rotation rotation) {
        return switch (rotation.step()) {
            case LOADING ->
                loaded.without(
                        rotation,
                        BundleReader.beforeIssuance(rotation.kind()),
                        anchor(authorities.named(rotation.incoming()).orElseThrow()));
            case UNLOADING -> loaded.still(rotation, BundleReader.of(rotation.kind()), withdrawn(rotation));
            case AWAITING_CERTIFICATE, REVOKING, RENEWING, DONE, ABORTED -> List.of();
        };
    }

    /** How many certificates keep it from its next step. */
    int certificates(Rotation rotation) {
        return remaining.count(rotation, others(rotation)).waited();
    }

    /** Every generation of the kind but the one that is to issue. */
    List<String> others(Rotation rotation) {
        return authorities.generations(rotation.cluster(), rotation.kind()).stream()
                .map(Authority::name)
                .filter(name -> !name.equals(rotation.incoming()))
                .toList();
    }

    /** What no bundle has any more: two authorities below one root may be trusted by one certificate. */
    private Set<String> withdrawn(Rotation rotation) {
        List<Authority> all = authorities.generations(rotation.cluster(), rotation.kind());
        Set<String> gone = anchors(all, true);
        gone.removeAll(anchors(all, false));
        return gone;
    }

    private static Set<String> anchors(List<Authority> all, boolean withdrawn) {
        return all.stream()
                .filter(authority -> authority.isWithdrawn() == withdrawn)
                .map(Progress::anchor)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String anchor(Authority authority) {
        return Certificates.fingerprint(authority.anchor());
    }
}
