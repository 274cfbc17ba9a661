package dev.certfleet.server.status;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.pki.AuthorityKind;
import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import dev.certfleet.pki.RevocationReason;
import dev.certfleet.server.TestDatabase;
import dev.certfleet.server.authority.Authority;
import dev.certfleet.server.crl.CrlPart;
import dev.certfleet.server.crl.PublishCrl;
import dev.certfleet.server.ledger.CertificateRecord;
import dev.certfleet.server.ledger.RevocationRecord;
import dev.certfleet.server.revocation.RevokeCertificate;
import dev.certfleet.server.schedule.Repeating;
import dev.certfleet.server.x509.CrlShards;
import dev.certfleet.server.x509.Serial;
import java.io.ByteArrayInputStream;
import java.math.BigInteger;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509CRL;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bouncycastle.asn1.ASN1Integer;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.cert.X509CRLEntryHolder;
import org.bouncycastle.cert.X509CRLHolder;
import org.bouncycastle.cert.X509CertificateHolder;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Shards, deltas, the indirect CRL and large ones, as relying parties see them. What runs by itself is run by hand. */
class CrlPartsTest {
    private static final int SHARDS = 4;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    private static final TestDatabase DATABASE = TestDatabase.create();

    @SuppressWarnings("NullAway.Init")
    private static Installation installation;

    @SuppressWarnings("NullAway.Init")
    private static Authority authority;

    @BeforeAll
    static void start() {
        installation = Installation.start(DATABASE, folder, KeyAlgorithm.P256, SHARDS);
        installation.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
        authority = installation.authority(AuthorityKind.KUBERNETES);
        installation.pem("ca", authority.certificate());
    }

    @AfterAll
    static void stop() {
        installation.close();
        DATABASE.close();
    }

    private static void turn() {
        turn(installation, "crlPublisher");
    }

    private static void turn(Installation server, String bean) {
        server.context.getBean(bean, Repeating.class).once();
    }

    private static byte[] get(String name) {
        HttpResponse<byte[]> response = installation.get("/crl/" + name);
        assertThat(response.statusCode()).as(name).isEqualTo(200);
        return response.body();
    }

    private static X509CRLHolder crl(String end) throws Exception {
        return new X509CRLHolder(get(authority.name() + end));
    }

    private static long number(X509CRLHolder crl) {
        return ASN1Integer.getInstance(crl.getExtension(Extension.cRLNumber).getParsedValue())
                .longValueExact();
    }

    private static int shard(CertificateRecord certificate) {
        return CrlShards.of(certificate.serial(), SHARDS);
    }

    private static CertificateRecord issueIn(int shard) {
        CertificateRecord certificate = installation.issue();
        while (shard(certificate) != shard) {
            certificate = installation.issue();
        }
        return certificate;
    }

    /** Where the certificate itself says that its CRL is. */
    private static String namedCrl(CertificateRecord certificate) {
        String text = installation.openssl(
                "x509",
                "-in",
                installation.pem("named", certificate.der()).getFileName().toString(),
                "-noout",
                "-ext",
                "crlDistributionPoints");
        return text.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("URI:"))
                .map(line -> line.substring("URI:".length()))
                .findFirst()
                .orElseThrow();
    }

    /** The CRLs in PEM, in one file. */
    private static String pem(byte[]... crls) throws Exception {
        StringBuilder pem = new StringBuilder();
        for (byte[] crl : crls) {
            Files.write(folder.resolve("one.der"), crl);
            pem.append(installation.openssl("crl", "-inform", "DER", "-in", "one.der"));
        }
        Files.writeString(folder.resolve("crls.pem"), pem);
        return "crls.pem";
    }

    private static String verify(CertificateRecord certificate, String crls, String... more) {
        installation.pem("verified", certificate.der());
        List<String> arguments = new ArrayList<>(List.of("verify", "-CAfile", "ca.pem", "-crl_check"));
        arguments.addAll(List.of("-CRLfile", crls));
        arguments.addAll(
                List.of("-attime", String.valueOf(installation.clock.instant().getEpochSecond() + 1)));
        arguments.addAll(List.of(more));
        arguments.add("verified.pem");
        return installation.openssl(arguments.toArray(String[]::new));
    }

    @Test
    void certificateNamesItsShardAndTheShardSaysSo() throws Exception {
        CertificateRecord bad = issueIn(2);
        CertificateRecord good = issueIn(2);
        CertificateRecord elsewhere = issueIn(0);
        long[] before = new long[SHARDS];
        for (int i = 0; i < SHARDS; i++) {
            before[i] = number(crl("/" + i + ".crl"));
        }

        installation.revoke(bad, RevocationReason.KEY_COMPROMISE);
        turn();

        String url = namedCrl(bad);
        assertThat(url).isEqualTo(authority.urls().shardCrl(2)).isEqualTo(namedCrl(good));
        byte[] shard =
                installation.send(HttpRequest.newBuilder(URI.create(url)).GET()).body();
        String crls = pem(shard);
        assertThat(verify(bad, crls)).contains("certificate revoked");
        assertThat(verify(good, crls)).contains("verified.pem: OK");
        assertThat(verify(elsewhere, crls)).containsIgnoringCase("different CRL scope");
        assertThat(verify(elsewhere, pem(get(authority.name() + "/0.crl")))).contains("verified.pem: OK");
        assertThat(verify(bad, pem(get(authority.name() + ".crl"))))
                .as("the full one goes on covering all")
                .contains("certificate revoked");
        for (int i = 0; i < SHARDS; i++) {
            boolean changed = number(crl("/" + i + ".crl")) != before[i];
            assertThat(changed).as("shard " + i).isEqualTo(i == 2);
        }
        X509CRL jdk = (X509CRL) CertificateFactory.getInstance("X.509").generateCRL(new ByteArrayInputStream(shard));
        assertThat(jdk.getCriticalExtensionOIDs()).containsExactly("2.5.29.28");
        assertThat(jdk.getRevokedCertificate(bad.serial().value())).isNotNull();
    }

    @Test
    void databaseAndServerAgreeOnTheShardOfASerial() {
        for (int shards : new int[] {1, 2, 3, 7, 64, 1000, 1024}) {
            for (int i = 0; i < 40; i++) {
                int prefix = i == 39 ? 0xffff : 0x100 + i * 1673;
                byte[] octets = new byte[16];
                octets[0] = (byte) (prefix >> 8);
                octets[1] = (byte) prefix;
                int shard = CrlShards.of(Serial.of(octets), shards);
                assertThat(installation
                                .bean(JdbcClient.class)
                                .sql("SELECT crl_shard(?, ?)")
                                .params(octets, shards)
                                .query(Integer.class)
                                .single())
                        .isEqualTo(shard);
                assertThat(new BigInteger(1, octets))
                        .isBetween(
                                new BigInteger(1, CrlShards.lowest(shard, shards)),
                                new BigInteger(1, CrlShards.highest(shard, shards)));
            }
        }
    }

    @Test
    void deltaAddsToTheNewestScheduledCrlAndTakesReleasedHoldsOff() throws Exception {
        CertificateRecord held = installation.issue();
        CertificateRecord revoked = installation.issue();
        CertificateRecord again = installation.issue();
        RevocationRecord hold = installation.revoke(held, RevocationReason.CERTIFICATE_HOLD);
        RevocationRecord second = installation.revoke(again, RevocationReason.CERTIFICATE_HOLD);
        installation.clock.advance(PublishCrl.SCHEDULE);
        turn();
        turn();
        byte[] base = get(authority.name() + ".crl");
        assertThat(verify(held, pem(base))).contains("certificate revoked");
        assertThat(reasons(crl(".delta.crl"))).isEmpty();

        RevokeCertificate revoke = installation.bean(RevokeCertificate.class);
        revoke.release(held, hold, "test");
        revoke.release(again, second, "test");
        installation.revoke(again, RevocationReason.SUPERSEDED);
        installation.revoke(revoked, RevocationReason.KEY_COMPROMISE);
        turn();

        byte[] encoded = get(authority.name() + ".delta.crl");
        X509CRLHolder delta = new X509CRLHolder(encoded);
        assertThat(ASN1Integer.getInstance(
                                delta.getExtension(Extension.deltaCRLIndicator).getParsedValue())
                        .longValueExact())
                .isEqualTo(number(new X509CRLHolder(base)));
        assertThat(number(delta)).isGreaterThan(number(new X509CRLHolder(base)));
        assertThat(reasons(delta))
                .containsEntry(held.serial().value(), CRLReason.removeFromCRL)
                .containsEntry(again.serial().value(), CRLReason.superseded)
                .containsEntry(revoked.serial().value(), CRLReason.keyCompromise)
                .hasSize(3);
        String crls = pem(base, encoded);
        assertThat(verify(held, crls, "-use_deltas")).contains("verified.pem: OK");
        assertThat(verify(revoked, crls, "-use_deltas")).contains("certificate revoked");
        assertThat(verify(revoked, pem(base))).as("without the delta").contains("verified.pem: OK");

        Set<BigInteger> combined =
                new HashSet<>(reasons(new X509CRLHolder(base)).keySet());
        reasons(delta).forEach((serial, reason) -> {
            if (reason == CRLReason.removeFromCRL) {
                combined.remove(serial);
            } else {
                combined.add(serial);
            }
        });
        assertThat(reasons(crl(".crl")).keySet()).isEqualTo(combined);
    }

    private static Map<BigInteger, Integer> reasons(X509CRLHolder crl) {
        Map<BigInteger, Integer> reasons = new HashMap<>();
        for (Object one : crl.getRevokedCertificates()) {
            X509CRLEntryHolder entry = (X509CRLEntryHolder) one;
            Extension reason = entry.getExtension(Extension.reasonCode);
            reasons.put(
                    entry.getSerialNumber(),
                    reason == null
                            ? 0
                            : CRLReason.getInstance(reason.getParsedValue())
                                    .getValue()
                                    .intValue());
        }
        return reasons;
    }

    @Test
    void numbersRiseOverTheRestoreOfAnOlderDatabase() throws Exception {
        long full = number(crl(".crl"));
        long delta = number(crl(".delta.crl"));
        assertThat(full % 2).isZero();
        assertThat(delta % 2).isEqualTo(1);
        installation
                .bean(JdbcClient.class)
                .sql("UPDATE crl SET number = number % 2 + 2 WHERE authority = ?" + " AND part IN ('full', 'delta')")
                .param(authority.name())
                .update();

        installation.revoke(installation.issue(), RevocationReason.SUPERSEDED);
        turn();

        assertThat(number(crl(".crl"))).isGreaterThan(full);
        assertThat(number(crl(".delta.crl"))).isGreaterThan(delta);
    }

    @Test
    void indirectCrlHasTheEntriesOfAllGenerations() throws Exception {
        CertificateRecord ofOther = installation.issue(
                ProfileName.KUBERNETES_SUPER_ADMIN, "O=system:masters,CN=kubernetes-super-admin", null);
        Authority other = installation.authority(AuthorityKind.BREAK_GLASS);
        // an authority of another kind stands in for the generation before
        String sql = "UPDATE authority SET kind = ?, generation = ?, state = ? WHERE name = ?";
        JdbcClient database = installation.bean(JdbcClient.class);
        database.sql(sql).params("kubernetes", 2, "retired", other.name()).update();
        try {
            CertificateRecord own = installation.issue();
            installation.revoke(ofOther, RevocationReason.KEY_COMPROMISE);
            installation.revoke(own, RevocationReason.SUPERSEDED);
            turn();

            byte[] encoded = get(authority.name() + ".indirect.crl");
            X509CRLHolder crl = new X509CRLHolder(encoded);
            assertThat(new X509CertificateHolder(authority.certificate()).getSubject())
                    .isEqualTo(crl.getIssuer());
            assertThat(crl.getRevokedCertificate(own.serial().value())
                            .getCertificateIssuer()
                            .getNames()[0]
                            .getName())
                    .isEqualTo(crl.getIssuer());
            assertThat(crl.getRevokedCertificate(ofOther.serial().value())
                            .getCertificateIssuer()
                            .getNames()[0]
                            .getName())
                    .isEqualTo(new X509CertificateHolder(other.certificate()).getSubject());
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            X509CRL jdk = (X509CRL) factory.generateCRL(new ByteArrayInputStream(encoded));
            jdk.verify(factory.generateCertificate(new ByteArrayInputStream(authority.certificate()))
                    .getPublicKey());
            assertThat(jdk.getRevokedCertificates())
                    .extracting(java.security.cert.X509CRLEntry::getSerialNumber)
                    .contains(own.serial().value(), ofOther.serial().value());
            Files.write(folder.resolve("indirect.crl"), encoded);
            assertThat(GoCrl.read(folder.resolve("indirect.crl"), folder.resolve("ca.pem")))
                    .contains(own.serial().hex(), ofOther.serial().hex());
        } finally {
            database.sql(sql).params("break-glass", 1, "active", other.name()).update();
        }
    }

    @Test
    void largeCrlIsInFilesAndTheSameAtEveryServerAndThereWithoutTheDatabase() throws Exception {
        Authority large = installation.authority(AuthorityKind.FRONT_PROXY);
        String path = "/crl/" + large.name() + ".crl";
        installation.get(path);
        manyRevocations(large, 30_000);
        try (Installation other = Installation.startServer(
                DATABASE, installation.clock, folder.resolve("other"), installation.sealingKey())) {
            other.context.getBeansOfType(Repeating.class).values().forEach(Repeating::stop);
            try (var threads = Executors.newFixedThreadPool(2)) {
                Future<?> here = threads.submit(() -> turn(installation, "crlPublisher"));
                Future<?> there = threads.submit(() -> turn(other, "crlPublisher"));
                here.get();
                there.get();
            }
            turn(installation, "crlFetcher");
            turn(other, "crlFetcher");

            HttpResponse<byte[]> response = installation.get(path);
            byte[] encoded = response.body();
            X509CRLHolder crl = new X509CRLHolder(encoded);
            assertThat(reasons(crl)).hasSize(30_000);
            assertThat(other.get(path).body()).isEqualTo(encoded);
            assertThat(response.headers().firstValue("Content-Length")).hasValue(String.valueOf(encoded.length));
            String tag = response.headers().firstValue("ETag").orElseThrow();
            assertThat(installation.get(path, "If-None-Match", tag).statusCode())
                    .isEqualTo(304);
            HttpResponse<byte[]> head = installation.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + installation.port() + path))
                            .HEAD());
            assertThat(head.headers().firstValue("Content-Length")).hasValue(String.valueOf(encoded.length));
            installation.pem("large-ca", large.certificate());
            Files.write(folder.resolve("large.crl"), encoded);
            assertThat(installation.openssl(
                            "crl", "-inform", "DER", "-in", "large.crl", "-CAfile", "large-ca.pem", "-noout"))
                    .contains("verify OK");

            DATABASE.goAway();
            try {
                assertThat(installation.get(path).body()).isEqualTo(encoded);
                assertThat(other.get(path).body()).isEqualTo(encoded);
            } finally {
                DATABASE.comeBack();
            }
        }
        waitForTheDatabase();
        paced(large);
    }

    @Test
    void makingThatFailsLeavesTheLastOneAndNothingBehind() throws Exception {
        Authority large = installation.authority(AuthorityKind.BREAK_GLASS);
        String path = "/crl/" + large.name() + ".crl";
        turn();
        byte[] last = installation.get(path).body();
        int listed = reasons(new X509CRLHolder(last)).size();
        manyRevocations(large, 30_000);
        PublishCrl publish = installation.bean(PublishCrl.class);
        JdbcClient database = installation.bean(JdbcClient.class);
        database.sql("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql"
                        + " AS $$ BEGIN RAISE EXCEPTION 'no room left'; END $$")
                .update();
        for (String where : List.of(
                "crl_piece FOR EACH ROW WHEN (NEW.piece = 1)",
                "crl_piece FOR EACH ROW WHEN (NEW.piece = 0)",
                "crl FOR EACH ROW")) {
            database.sql("CREATE TRIGGER fail BEFORE INSERT ON " + where + " EXECUTE FUNCTION fail()")
                    .update();
            assertThatThrownBy(() -> publish.publish(large, CrlPart.FULL)).hasStackTraceContaining("no room left");
            database.sql("DROP TRIGGER fail ON " + where.substring(0, where.indexOf(' ')))
                    .update();
            turn(installation, "crlFetcher");
            assertThat(installation.get(path).body()).as(where).isEqualTo(last);
        }

        assertThat(publish.publish(large, CrlPart.FULL)).isTrue();

        turn(installation, "crlFetcher");
        assertThat(reasons(new X509CRLHolder(installation.get(path).body()))).hasSize(listed + 30_000);
        assertThat(database.sql("SELECT count(DISTINCT number) FROM crl_piece WHERE authority = ? AND part = 'full'")
                        .param(large.name())
                        .query(Long.class)
                        .single())
                .isOne();
    }

    /** A change of a large one is in the delta at once, and in the full one when it has paid for the last making. */
    private static void paced(Authority large) throws Exception {
        JdbcClient database = installation.bean(JdbcClient.class);
        database.sql("UPDATE crl SET made_in_ms = 60000 WHERE authority = ?")
                .param(large.name())
                .update();
        byte[] before = installation.get("/crl/" + large.name() + ".crl").body();
        manyRevocations(large, 1);
        turn();
        turn(installation, "largeCrlPublisher");
        assertThat(installation.get("/crl/" + large.name() + ".crl").body()).isEqualTo(before);
        assertThat(reasons(new X509CRLHolder(
                        installation.get("/crl/" + large.name() + ".delta.crl").body())))
                .hasSize(30_001);

        installation.clock.advance(Duration.ofMinutes(11));
        turn(installation, "largeCrlPublisher");
        assertThat(reasons(new X509CRLHolder(
                        installation.get("/crl/" + large.name() + ".crl").body())))
                .hasSize(30_001);
    }

    private static void waitForTheDatabase() throws InterruptedException {
        for (int i = 0; i < 100; i++) {
            try {
                installation.bean(JdbcClient.class).sql("SELECT 1").query().singleRow();
            } catch (org.springframework.dao.DataAccessException e) {
                Thread.sleep(100);
            }
        }
    }

    /** Certificates that were revoked, straight into the database. */
    private static void manyRevocations(Authority of, int count) {
        JdbcClient database = installation.bean(JdbcClient.class);
        for (String sql : ManyRevocations.STATEMENTS) {
            database.sql(sql)
                    .param("authority", of.name())
                    .param("count", count)
                    .update();
        }
    }

    @Test
    void namesThatAreNoneAreNotFound() {
        for (String name : List.of("/4.crl", "/01.crl", "/-1.crl", "/.crl", "/1/2.crl", ".delta.delta.crl", ".x.crl")) {
            assertThat(installation.get("/crl/" + authority.name() + name).statusCode())
                    .as(name)
                    .isEqualTo(404);
        }
        assertThat(PublishCrl.has(authority, CrlPart.shard(SHARDS))).isFalse();
    }
}
