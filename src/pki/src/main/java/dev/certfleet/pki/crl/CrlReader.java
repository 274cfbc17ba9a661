package dev.certfleet.pki.crl;

import dev.certfleet.pki.der.DerException;
import dev.certfleet.pki.der.DerReader;
import dev.certfleet.pki.der.Tag;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/** Reads a CertificateList (RFC 5280 section 5.1) front to back. */
final class CrlReader {
    private static final String REASON_CODE = "2.5.29.21";
    private static final String INVALIDITY_DATE = "2.5.29.24";
    private static final String CERTIFICATE_ISSUER = "2.5.29.29";
    private static final String CRL_NUMBER = "2.5.29.20";
    private static final String ISSUING_DISTRIBUTION_POINT = "2.5.29.28";
    private static final String AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";

    private static final int V2 = 1;
    /** RFC 5280 sections 4.1.2.2 and 5.2.3. */
    private static final int MAX_NUMBER_OCTETS = 20;

    private static final int REMOVE_FROM_CRL = 8;
    private static final int LAST_REASON = 10;
    private static final int URI_NAME = 6;

    private final byte[] encoding;
    private final int limit;
    private final Set<BigInteger> serials = new HashSet<>();
    private final Set<String> extensions = new HashSet<>();
    private Optional<BigInteger> number = Optional.empty();
    private Optional<byte[]> authorityKeyId = Optional.empty();
    private RevocationList.Scope scope = RevocationList.Scope.WHOLE_ISSUER;
    private boolean namesOtherIssuers;

    CrlReader(byte[] encoding, int limit) {
        this.encoding = encoding;
        this.limit = limit;
    }

    RevocationList read() throws DerException {
        DerReader outer = DerReader.of(encoding, limit);
        DerReader list = outer.sequence();
        outer.end();
        byte[] signed = list.element();
        byte[] algorithm = list.element();
        byte[] signature = list.bitString();
        list.end();

        DerReader around = DerReader.of(signed, limit);
        DerReader tbs = around.sequence();
        around.end();
        if (!tbs.nextIs(Tag.INTEGER) || tbs.smallInteger(Tag.INTEGER) != V2) {
            throw new DerException("a CRL of another version than 2");
        }
        if (!Arrays.equals(algorithm, tbs.element())) {
            throw new DerException("two different signature algorithms are named");
        }
        byte[] issuer = tbs.element();
        Instant thisUpdate = tbs.time();
        Optional<Instant> nextUpdate = isTime(tbs) ? Optional.of(tbs.time()) : Optional.empty();
        if (tbs.nextIs(Tag.SEQUENCE)) {
            entries(tbs.sequence());
        }
        if (tbs.nextIs(Tag.constructed(0))) {
            DerReader wrapper = tbs.enter(Tag.constructed(0));
            tbs.end();
            DerReader extensionList = wrapper.sequence();
            wrapper.end();
            while (extensionList.hasMore()) {
                extension(extensionList.sequence());
            }
        }
        tbs.end();
        if (namesOtherIssuers && !scope.indirect()) {
            throw new DerException("entries of other issuers in a CRL that is not indirect");
        }
        return new RevocationList(
                encoding.clone(),
                issuer,
                thisUpdate,
                nextUpdate,
                number,
                authorityKeyId,
                scope,
                Set.copyOf(serials),
                new CrlSignature(algorithm(algorithm), signed, signature));
    }

    private static boolean isTime(DerReader reader) {
        return reader.nextIs(Tag.UTC_TIME) || reader.nextIs(Tag.GENERALIZED_TIME);
    }

    private static String algorithm(byte[] identifier) throws DerException {
        DerReader outer = DerReader.of(identifier);
        DerReader algorithm = outer.sequence();
        outer.end();
        String oid = identifier(algorithm);
        if (algorithm.hasMore()) {
            algorithm.nothing();
        }
        algorithm.end();
        return oid;
    }

    private void entries(DerReader list) throws DerException {
        if (!list.hasMore()) {
            throw new DerException("a list of no entries, which is to be left out (section 5.1.2.6)");
        }
        while (list.hasMore()) {
            DerReader entry = list.sequence();
            BigInteger serial = entry.integer();
            // Go compares magnitudes: -5 would revoke 5.
            if (serial.signum() < 0 || serial.toByteArray().length > MAX_NUMBER_OCTETS) {
                throw new DerException("a serial number that is negative or longer than 20 octets");
            }
            entry.time();
            if (entry.hasMore()) {
                DerReader further = entry.sequence();
                Set<String> seen = new HashSet<>();
                while (further.hasMore()) {
                    entryExtension(further.sequence(), seen);
                }
            }
            entry.end();
            serials.add(serial);
        }
    }

    private void entryExtension(DerReader extension, Set<String> seen) throws DerException {
        String oid = identifier(extension);
        boolean critical = extension.nextIs(Tag.BOOLEAN) && extension.bool();
        DerReader value = DerReader.of(extension.octetString(), limit);
        extension.end();
        if (!seen.add(oid)) {
            throw new DerException("an entry with the extension " + oid + " twice");
        }
        switch (oid) {
            case REASON_CODE -> reason(value);
            case INVALIDITY_DATE -> {
                value.generalizedTime();
                value.end();
            }
            case CERTIFICATE_ISSUER -> {
                DerReader names = value.sequence();
                value.end();
                while (names.hasMore()) {
                    names.skip();
                }
                namesOtherIssuers = true;
            }
            default -> refuseCritical(oid, critical);
        }
    }

    private static void reason(DerReader value) throws DerException {
        int code = value.smallInteger(Tag.ENUMERATED);
        value.end();
        if (code < 0 || code == 7 || code == REMOVE_FROM_CRL || code > LAST_REASON) {
            throw new DerException("an entry with the reason " + code);
        }
    }

    private void extension(DerReader extension) throws DerException {
        String oid = identifier(extension);
        boolean critical = extension.nextIs(Tag.BOOLEAN) && extension.bool();
        byte[] contents = extension.octetString();
        extension.end();
        if (!extensions.add(oid)) {
            throw new DerException("the extension " + oid + " twice");
        }
        DerReader value = DerReader.of(contents, limit);
        switch (oid) {
            case CRL_NUMBER -> {
                BigInteger read = value.integer();
                value.end();
                if (read.signum() < 0 || read.toByteArray().length > MAX_NUMBER_OCTETS) {
                    throw new DerException("a CRL number that is negative or longer than 20 octets");
                }
                number = Optional.of(read);
            }
            case AUTHORITY_KEY_IDENTIFIER -> {
                if (critical) {
                    throw new DerException("a critical authority key identifier");
                }
                authorityKeyId = keyIdentifier(value);
            }
            case ISSUING_DISTRIBUTION_POINT -> scope = scope(value);
            default -> refuseCritical(oid, critical);
        }
    }

    private static void refuseCritical(String oid, boolean critical) throws DerException {
        if (critical) {
            throw new DerException("a critical extension that is not understood: " + oid);
        }
    }

    private static Optional<byte[]> keyIdentifier(DerReader value) throws DerException {
        DerReader identifier = value.sequence();
        value.end();
        Optional<byte[]> key = Optional.empty();
        if (identifier.nextIs(Tag.context(0))) {
            key = Optional.of(identifier.contents(Tag.context(0)));
        }
        while (identifier.hasMore()) {
            identifier.skip();
        }
        return key;
    }

    /** Refuses what is about a part of the certificates or of the reasons only. */
    private static RevocationList.Scope scope(DerReader value) throws DerException {
        DerReader point = value.sequence();
        value.end();
        Set<String> uris = new HashSet<>();
        if (point.nextIs(Tag.constructed(0))) {
            DerReader name = point.enter(Tag.constructed(0));
            DerReader full = name.enter(Tag.constructed(0));
            name.end();
            while (full.hasMore()) {
                if (full.nextIs(Tag.context(URI_NAME))) {
                    uris.add(new String(full.contents(Tag.context(URI_NAME)), StandardCharsets.US_ASCII));
                } else {
                    full.skip();
                }
            }
        }
        // That it lists no authorities' certificates takes nothing away: it is asked about clients.
        flag(point, 1);
        boolean authoritiesOnly = flag(point, 2);
        boolean someReasons = point.nextIs(Tag.context(3));
        if (someReasons) {
            point.skip();
        }
        boolean indirect = flag(point, 4);
        boolean attributesOnly = flag(point, 5);
        point.end();
        if (authoritiesOnly || someReasons || attributesOnly) {
            throw new DerException("a CRL about a part of the certificates or of the reasons only");
        }
        return new RevocationList.Scope(Set.copyOf(uris), indirect);
    }

    private static boolean flag(DerReader point, int number) throws DerException {
        if (!point.nextIs(Tag.context(number))) {
            return false;
        }
        byte[] contents = point.contents(Tag.context(number));
        if (contents.length != 1 || contents[0] != (byte) 0xff) {
            throw new DerException("a flag that is not TRUE, where FALSE is to be left out");
        }
        return true;
    }

    /** Go takes no arc of more than 31 bits. */
    private static String identifier(DerReader reader) throws DerException {
        String oid = reader.objectIdentifier();
        for (String arc : oid.split("\\.", -1)) {
            if (Long.parseLong(arc) > Integer.MAX_VALUE) {
                throw new DerException("an OBJECT IDENTIFIER with an arc of more than 31 bits");
            }
        }
        return oid;
    }
}
