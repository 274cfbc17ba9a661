package dev.certfleet.agent.gate;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.certfleet.pki.Certificates;
import dev.certfleet.pki.PrivateKeys;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.jr.ob.JSON;

/**
 * The kube-apiserver on this node, over HTTPS, as the node's own kubelet: that one may create access reviews in every
 * cluster. The published files are read again when they change.
 */
public final class LocalApiServer implements ApiServer {
    private static final String REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    private static final int TIMEOUT_MILLIS = 5000;
    private static final int LARGEST_ANSWER = 1 << 20;
    private static final int NAME_BYTES = 16;

    /** Where it is. */
    public interface Address {
        /** @throws IOException where that is not known */
        URI get() throws IOException;
    }

    private final Address address;
    private final Path authority;
    private final Path certificate;
    private final Path key;
    private final SecureRandom random;
    private final AtomicReference<@Nullable Access> access = new AtomicReference<>();

    /** What one state of the files makes possible. */
    private record Access(List<byte[]> files, SSLContext context, TrustManager[] trust, String shown) {}

    /**
     * @param address where it is, as in {@code https://10.0.0.1:6443}
     * @param authority PEM of what its serving certificate chains to
     * @param certificate PEM of the client certificate to show
     */
    public LocalApiServer(Address address, Path authority, Path certificate, Path key, SecureRandom random) {
        this.address = address;
        this.authority = authority;
        this.certificate = certificate;
        this.key = key;
        this.random = random;
    }

    @Override
    public Review review(String user, List<String> groups, String credentialId) throws IOException {
        Access now = access();
        HttpsURLConnection connection =
                (HttpsURLConnection) URI.create(address.get() + REVIEWS).toURL().openConnection(Proxy.NO_PROXY);
        connection.setSSLSocketFactory(now.context().getSocketFactory());
        connection.setConnectTimeout(TIMEOUT_MILLIS);
        connection.setReadTimeout(TIMEOUT_MILLIS);
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setRequestMethod("POST");
        connection.setRequestProperty("Content-Type", "application/json");
        connection.setRequestProperty("Accept", "application/json");
        connection.setDoOutput(true);
        try (var output = connection.getOutputStream()) {
            output.write(JSON.std.asString(question(user, groups, credentialId)).getBytes(UTF_8));
        }
        int status = connection.getResponseCode();
        try (InputStream stream = status >= 400 ? connection.getErrorStream() : connection.getInputStream()) {
            byte[] body = stream == null ? new byte[0] : stream.readNBytes(LARGEST_ANSWER);
            if (status / 100 == 2) {
                return answer(body);
            }
            String text = new String(body, UTF_8);
            if (text.contains(PushedList.REFUSAL)) {
                throw new RefusedException(now.shown(), text);
            }
            throw new IOException("kube-apiserver answers a review with status " + status);
        }
    }

    private Map<String, Object> question(String user, List<String> groups, String credentialId) {
        byte[] name = new byte[NAME_BYTES];
        random.nextBytes(name);
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("group", "certfleet.dev");
        attributes.put("resource", "doors");
        attributes.put("name", HexFormat.of().formatHex(name));
        attributes.put("verb", "get");
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("user", user);
        spec.put("groups", groups);
        spec.put("extra", Map.of(AccessReview.CREDENTIAL_ID, List.of(credentialId)));
        spec.put("resourceAttributes", attributes);
        Map<String, Object> review = new LinkedHashMap<>();
        review.put("apiVersion", "authorization.k8s.io/v1");
        review.put("kind", "SubjectAccessReview");
        review.put("spec", spec);
        return review;
    }

    private static Review answer(byte[] body) throws IOException {
        try {
            Map<String, Object> review = JSON.std.mapFrom(body);
            if (review == null || !(review.get("status") instanceof Map<?, ?> status)) {
                throw new IOException("kube-apiserver's answer to a review has no status");
            }
            return new Review(
                    Boolean.TRUE.equals(status.get("denied")),
                    (text(status.get("reason")) + " " + text(status.get("evaluationError"))).strip());
        } catch (JacksonException e) {
            throw new IOException("kube-apiserver's answer to a review is not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static String text(@Nullable Object value) {
        return value == null ? "" : value.toString();
    }

    @Override
    public Set<X500Principal> acceptedAuthorities() throws IOException {
        Asked asked = new Asked();
        Access now = access();
        SSLContext context = context(asked, now.trust());
        URI where = address.get();
        try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket()) {
            var parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            String host = where.getHost().replace("[", "").replace("]", "");
            socket.connect(new InetSocketAddress(host, where.getPort()), TIMEOUT_MILLIS);
            socket.startHandshake();
        }
        List<X500Principal> named = asked.issuers.get();
        if (named == null || named.isEmpty()) {
            throw new IOException("kube-apiserver names no authorities in its handshake");
        }
        return new LinkedHashSet<>(named);
    }

    private Access access() throws IOException {
        List<byte[]> files =
                List.of(Files.readAllBytes(authority), Files.readAllBytes(certificate), Files.readAllBytes(key));
        Access known = access.get();
        if (known != null && same(known.files(), files)) {
            return known;
        }
        try {
            List<X509Certificate> chain = Certificates.parse(new String(files.get(1), UTF_8));
            // In an older form where the pair is an adopted one
            PrivateKey own = PrivateKeys.decode(
                    new String(files.get(2), UTF_8), chain.getFirst().getPublicKey());
            if (!PrivateKeys.belongTogether(own, chain.getFirst().getPublicKey())) {
                throw new IOException(certificate + " and " + key + " do not belong together at the moment");
            }
            TrustManager[] trust = trust(Certificates.parse(new String(files.get(0), UTF_8)));
            Access now = new Access(
                    files, context(new Own(own, chain), trust), trust, Certificates.fingerprint(chain.getFirst()));
            access.set(now);
            return now;
        } catch (CertificateException | IllegalArgumentException e) {
            throw new IOException(certificate + " cannot be used: " + e.getMessage(), e);
        }
    }

    private static boolean same(List<byte[]> some, List<byte[]> others) {
        for (int i = 0; i < some.size(); i++) {
            if (!Arrays.equals(some.get(i), others.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static TrustManager[] trust(List<X509Certificate> authorities) throws IOException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
            factory.init(store);
            return factory.getTrustManagers();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has these", e);
        }
    }

    private SSLContext context(KeyManager keys, TrustManager[] trust) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, trust, random);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }

    /** Shows nothing, and keeps what it was asked for. */
    private static class Asked extends X509ExtendedKeyManager {
        final AtomicReference<@Nullable List<X500Principal>> issuers = new AtomicReference<>();

        @Override
        public @Nullable String chooseClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            List<X500Principal> named = new ArrayList<>();
            for (Principal issuer : issuers == null ? new Principal[0] : issuers) {
                if (issuer instanceof X500Principal name) {
                    named.add(name);
                }
            }
            this.issuers.set(named);
            return null;
        }

        @Override
        public @Nullable String chooseEngineClientAlias(
                String[] keyTypes, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
            return chooseClientAlias(keyTypes, issuers, null);
        }

        @Override
        public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }

        @Override
        public X509Certificate @Nullable [] getCertificateChain(String alias) {
            return null;
        }

        @Override
        public @Nullable PrivateKey getPrivateKey(String alias) {
            return null;
        }

        @Override
        public @Nullable String chooseServerAlias(
                String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return null;
        }

        @Override
        public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
            return null;
        }
    }

    /** Shows the node's own certificate to whoever asks. */
    private static final class Own extends Asked {
        private static final String ALIAS = "kubelet";

        private final PrivateKey own;
        private final List<X509Certificate> chain;

        Own(PrivateKey own, List<X509Certificate> chain) {
            this.own = own;
            this.chain = chain;
        }

        @Override
        public String chooseClientAlias(String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
            return ALIAS;
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return chain.toArray(X509Certificate[]::new);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return own;
        }
    }
}
