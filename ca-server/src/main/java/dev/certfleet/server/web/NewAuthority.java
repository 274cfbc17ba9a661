package dev.certfleet.server.web;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.server.authority.ImportedAuthority;
import io.swagger.v3.oas.annotations.media.Schema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A CA of a cluster that is there already. */
@Schema(name = "NewAuthority")
record NewAuthority(
        @Schema(allowableValues = {"kubernetes", "etcd", "front-proxy"})
        String kind,

        @Schema(description = "PEM: the CA's certificate, and its chain where it has not signed itself")
        String certificate,

        @Schema(
                description = "PEM, not encrypted: PKCS#8, PKCS#1 or SEC1; without it the CA is only trusted still,"
                        + " and a new one issues")
        @Nullable
        String key) {

    private static final int MOST = 3;

    /** Reads them, or refuses them. */
    static List<ImportedAuthority> read(@Nullable List<NewAuthority> given) {
        if (given == null) {
            return List.of();
        }
        if (given.size() > MOST) {
            throw ProblemException.refused("authority-kind", "at most " + MOST + " authorities can be imported");
        }
        List<ImportedAuthority> read = new ArrayList<>();
        for (NewAuthority one : given) {
            read.add(one.read());
        }
        return read;
    }

    private ImportedAuthority read() {
        AuthorityKind ofKind = Arrays.stream(AuthorityKind.values())
                .filter(one -> one.label().equals(kind))
                .findFirst()
                .orElseThrow(() -> ProblemException.refused(
                        "authority-kind", "an imported authority is kubernetes, etcd or front-proxy"));
        List<byte[]> chain;
        try {
            chain = dev.certfleet.pki.Pem.decode(certificate, dev.certfleet.pki.Pem.CERTIFICATE);
        } catch (IllegalArgumentException e) {
            throw ProblemException.refused("authority-malformed", String.valueOf(e.getMessage()));
        }
        return new ImportedAuthority(ofKind, chain, key);
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "authority " + kind;
    }
}
