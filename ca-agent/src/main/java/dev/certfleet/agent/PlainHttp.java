package dev.certfleet.agent;

import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** For what is signed by itself. Without the JDK's own authorities, which would fill memory for nothing. */
final class PlainHttp {
    private PlainHttp() {}

    static HttpClient client(SecureRandom random, Duration connectTimeout) {
        try {
            SSLContext none = SSLContext.getInstance("TLS");
            none.init(new KeyManager[0], new TrustManager[0], random);
            return HttpClient.newBuilder()
                    .sslContext(none)
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(connectTimeout)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java platform has TLS", e);
        }
    }
}
