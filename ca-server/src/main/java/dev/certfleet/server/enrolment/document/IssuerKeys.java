package dev.certfleet.server.enrolment.document;

import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The public keys of an issuer, a JWK set (RFC 7517 section 5). */
public final class IssuerKeys {
    /** The most keys of one issuer. */
    public static final int MOST = 32;

    private static final int LONGEST = 64 * 1024;

    private final List<IssuerKey> keys;

    private IssuerKeys(List<IssuerKey> keys) {
        this.keys = List.copyOf(keys);
    }

    /** @throws DocumentFormatException where it is no JWK set, or one of its keys is not taken */
    public static IssuerKeys read(String jwks) throws DocumentFormatException {
        if (jwks.length() > LONGEST) {
            throw new DocumentFormatException("a JWK set has at most " + LONGEST + " characters");
        }
        List<JWK> read;
        try {
            read = JWKSet.parse(jwks).getKeys();
        } catch (ParseException | RuntimeException e) {
            // The library throws others too for JSON of an unexpected form
            throw new DocumentFormatException("this is no JWK set as in RFC 7517, {\"keys\": […]}");
        }
        if (read.isEmpty() || read.size() > MOST) {
            throw new DocumentFormatException("a JWK set holds 1 to " + MOST + " keys");
        }
        List<IssuerKey> keys = new ArrayList<>();
        Set<@Nullable String> ids = new HashSet<>();
        for (JWK jwk : read) {
            IssuerKey key = IssuerKey.of(jwk);
            if (!ids.add(key.id()) || (key.id() == null && read.size() > 1)) {
                throw new DocumentFormatException("each of several keys needs a 'kid' of its own");
            }
            keys.add(key);
        }
        return new IssuerKeys(keys);
    }

    /** The key that a document names; the only one, where neither says which. */
    Optional<IssuerKey> named(@Nullable String id) {
        if (id == null) {
            return keys.size() == 1 ? Optional.of(keys.getFirst()) : Optional.empty();
        }
        return keys.stream().filter(key -> id.equals(key.id())).findFirst();
    }
}
