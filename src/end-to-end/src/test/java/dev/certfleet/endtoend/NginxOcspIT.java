package dev.certfleet.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** nginx lets a cluster's client certificates in, asks OCSP where each of them says, and turns away what is revoked. */
class NginxOcspIT {
    private static final int OCSP = 18444;
    private static final int CRL = 18445;

    private final Path folder = WorkFolder.of(NginxOcspIT.class);
    private final StatusWorld world = StatusWorld.get();
    private final OpenSsl openSsl = new OpenSsl(Place.THIS_MACHINE);

    @Test
    void turnsRevokedClientsAwayAndLetsOthersPass() throws IOException {
        Path authority = world.cluster("nginx", "p256");
        ClientIdentity good = world.client("nginx", "good");
        ClientIdentity other = world.client("nginx", "other");
        ClientIdentity earlier = world.client("nginx", "earlier");
        world.revoke(earlier, "superseded", Map.of());
        try (RunningProcess nginx = start(authority, world.crlWith(earlier))) {
            assertThat(get(OCSP, good)).isEqualTo("SUCCESS 200");
            assertThat(get(OCSP, other)).isEqualTo("SUCCESS 200");
            assertThat(get(CRL, good)).isEqualTo("SUCCESS 200");
            assertThat(get(CRL, earlier)).isEqualTo("FAILED:certificate revoked 400");

            world.revoke(other, "keyCompromise", Map.of());

            assertThat(get(OCSP, other)).isEqualTo("FAILED:certificate revoked 400");
            assertThat(get(OCSP, good)).isEqualTo("SUCCESS 200");
            assertThat(nginx.isAlive()).isTrue();
        }
    }

    /** What nginx found of the client, and the HTTP status. */
    private static String get(int port, ClientIdentity client) {
        return Command.of(
                        "curl",
                        "-sSk",
                        "-w",
                        " %{http_code}",
                        "--cert",
                        client.certificate().toString(),
                        "--key",
                        client.key().toString(),
                        "https://" + StatusWorld.ADDRESS + ":" + port + "/")
                .run()
                .orFail()
                .stdout();
    }

    private RunningProcess start(Path authority, Path crl) throws IOException {
        openSsl.makeSelfSigned("/CN=nginx", folder.resolve("nginx.key"), folder.resolve("nginx.crt"));
        Path configuration = Files.writeString(
                folder.resolve("nginx.conf"), """
                daemon off;
                user root;
                worker_processes 1;
                pid %1$s/nginx.pid;
                error_log stderr info;
                events { }
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    ssl_certificate %1$s/nginx.crt;
                    ssl_certificate_key %1$s/nginx.key;
                    ssl_client_certificate %2$s;
                    ssl_verify_client on;
                    error_page 495 =400 /refused;
                    server {
                        listen %3$s:%4$d ssl;
                        ssl_ocsp on;
                        ssl_ocsp_cache off;
                        location / { return 200 "$ssl_client_verify"; }
                        location = /refused { return 400 "$ssl_client_verify"; }
                    }
                    server {
                        listen %3$s:%5$d ssl;
                        ssl_crl %6$s;
                        location / { return 200 "$ssl_client_verify"; }
                        location = /refused { return 400 "$ssl_client_verify"; }
                    }
                }
                """.formatted(folder, authority, StatusWorld.ADDRESS, OCSP, CRL, crl));
        RunningProcess nginx = RunningProcess.start(
                "nginx", folder.resolve("nginx.log"), List.of("nginx", "-c", configuration.toString()), Map.of());
        nginx.awaitReady(Duration.ofSeconds(10), () -> nginx.output().contains("start worker process "));
        return nginx;
    }
}
