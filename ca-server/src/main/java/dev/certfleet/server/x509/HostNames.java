package dev.certfleet.server.x509;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The syntax of DNS names, IP addresses and networks; nothing here ever asks a name server. */
public final class HostNames {
    /** RFC 1035 section 2.3.4: 255 octets on the wire are 253 characters of text. */
    private static final int MAX_NAME = 253;

    private static final Pattern DNS_NAME =
            Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*");
    private static final Pattern IPV4 = Pattern.compile("(\\d{1,3})(\\.\\d{1,3}){3}");
    private static final Pattern IPV6 = Pattern.compile("[0-9a-fA-F:]*:[0-9a-fA-F:.]*");
    private static final Pattern ENDPOINT = Pattern.compile(
            "(\\[(?<bracketed>[^\\]]+)]|(?<plain>[^:]+|[0-9a-f:.]*:[0-9a-f:.]*:[0-9a-f:.]*))(:\\d{1,5})?");
    private static final Pattern NETWORK = Pattern.compile("(?<address>[0-9a-fA-F:.]+)/(?<length>\\d{1,3})");

    private HostNames() {}

    /**
     * Whether the text is a host name in lower case (RFC 1123 section 2.1, without a trailing dot, without wildcard) and no
     * IPv4 address.
     */
    public static boolean isDnsName(String text) {
        return text.length() <= MAX_NAME
                && DNS_NAME.matcher(text).matches()
                && !IPV4.matcher(text).matches();
    }

    /** The address that the text spells: four decimal octets or IPv6 without a zone. */
    public static Optional<InetAddress> address(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /**
     * The first address after the network's own: in a service network that is the API's service (as Kubernetes counts).
     *
     * @param network for example {@code 10.96.0.0/12} or {@code fd00::/108}
     * @throws IllegalArgumentException where it is no network, or has no such address
     */
    public static InetAddress firstAddress(String network) {
        Matcher form = NETWORK.matcher(network);
        InetAddress base = Optional.of(form)
                .filter(Matcher::matches)
                .flatMap(matcher -> address(matcher.group("address")))
                .orElseThrow(
                        () -> new IllegalArgumentException("'" + network + "' is not a network like 10.96.0.0/12"));
        int bits = base.getAddress().length * 8;
        int length = Integer.parseInt(form.group("length"));
        if (length > bits - 2) {
            throw new IllegalArgumentException("the network " + network + " is too small for services");
        }
        BigInteger mask = BigInteger.ONE.shiftLeft(bits - length).subtract(BigInteger.ONE);
        BigInteger first = new BigInteger(1, base.getAddress()).andNot(mask).add(BigInteger.ONE);
        return ofBits(first, bits / 8);
    }

    /**
     * The host of {@code host}, {@code host:port} or {@code [v6]:port}, in lower case.
     *
     * @throws IllegalArgumentException where it has none
     */
    static String hostOf(String endpoint) {
        Matcher form = ENDPOINT.matcher(endpoint.strip().toLowerCase(Locale.ROOT));
        if (form.matches()) {
            String host = form.group("bracketed") == null ? form.group("plain") : form.group("bracketed");
            if (isDnsName(host) || address(host).isPresent()) {
                return host;
            }
        }
        throw new IllegalArgumentException("'" + endpoint + "' is not a host or host:port");
    }

    private static InetAddress ofBits(BigInteger value, int octets) {
        byte[] signed = value.toByteArray();
        byte[] address = new byte[octets];
        int length = Math.min(signed.length, octets);
        System.arraycopy(signed, signed.length - length, address, octets - length, length);
        try {
            return InetAddress.getByAddress(address);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 octets", e);
        }
    }
}
