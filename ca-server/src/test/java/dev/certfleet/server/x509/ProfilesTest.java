package dev.certfleet.server.x509;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.pki.KeyAlgorithm;
import dev.certfleet.pki.ProfileName;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ProfilesTest {
    private static final Profiles PROFILES = new Profiles(new KeyRules(DebianBlocklist.builtIn()), null);
    private static final Holder ADMIN = new Holder.ClusterUser(Fleet.CLUSTER);

    private final RequestBuilder csr = new RequestBuilder(Keys.of(KeyAlgorithm.P256));

    @ParameterizedTest
    @EnumSource(ProfileName.class)
    void issuesEachProfileForAnEmptyRequest(ProfileName profile) {
        CertificateContents contents = issued(profile, holder(profile), csr);
        ExpectedNames expected = PROFILES.expectedNames(profile, holder(profile));

        assertThat(contents.profile()).isEqualTo(profile);
        assertThat(contents.subject().commonName()).isEqualTo(expected.commonName());
        assertThat(contents.names().dnsNames()).isEqualTo(expected.dnsNames());
        assertThat(contents.names().addresses()).isEqualTo(expected.addresses());
        assertThat(contents.keyUses()).containsExactly(KeyUse.DIGITAL_SIGNATURE);
        assertThat(contents.validity().notBefore()).isEqualTo(Fleet.NOW.minus(Duration.ofMinutes(5)));
        assertThat(contents.validity().notAfter()).isEqualTo(Fleet.NOW.plus(PROFILES.lifetime(profile)));
    }

    @Test
    void namesTheApiServerAsKubeadmDoes() {
        CertificateContents contents = issued(ProfileName.KUBE_APISERVER, Fleet.CONTROL_PLANE, csr);

        assertThat(contents.subject()).isEqualTo(new Subject("kube-apiserver", List.of()));
        assertThat(contents.purposes()).containsExactly(Purpose.SERVER);
        assertThat(contents.names().dnsNames())
                .containsExactly(
                        "cp-1",
                        "kubernetes",
                        "kubernetes.default",
                        "kubernetes.default.svc",
                        "kubernetes.default.svc.cluster.local",
                        "api.prod.example.org",
                        "kube.example.org");
        assertThat(contents.names().addresses())
                .extracting(InetAddress::getHostAddress)
                .containsExactly(
                        "10.96.0.1", "fd00:10:96:0:0:0:0:1", "192.0.2.10", "2001:db8:0:0:0:0:0:10", "203.0.113.7");
    }

    @Test
    void namesEtcdMembersForBothDirections() {
        CertificateContents contents = issued(ProfileName.ETCD_PEER, Fleet.CONTROL_PLANE, csr);

        assertThat(contents.subject()).isEqualTo(new Subject("cp-1", List.of()));
        assertThat(contents.purposes()).containsExactlyInAnyOrder(Purpose.SERVER, Purpose.CLIENT);
        assertThat(contents.names().dnsNames()).containsExactly("cp-1", "localhost");
        assertThat(contents.names().addresses())
                .extracting(InetAddress::getHostAddress)
                .containsExactly("192.0.2.10", "2001:db8:0:0:0:0:0:10", "127.0.0.1", "0:0:0:0:0:0:0:1");
    }

    @Test
    void givesGroupsOnlyWhereKubernetesWantsThem() {
        assertThat(subject(ProfileName.KUBELET_CLIENT, Fleet.WORKER))
                .isEqualTo(new Subject("system:node:worker-1", List.of("system:nodes")));
        assertThat(subject(ProfileName.KUBELET_SERVING, Fleet.WORKER))
                .isEqualTo(new Subject("system:node:worker-1", List.of("system:nodes")));
        assertThat(subject(ProfileName.KUBE_APISERVER_KUBELET_CLIENT, Fleet.CONTROL_PLANE)
                        .organizations())
                .containsExactly("kubeadm:cluster-admins");
        assertThat(subject(ProfileName.KUBE_SCHEDULER, Fleet.CONTROL_PLANE))
                .isEqualTo(new Subject("system:kube-scheduler", List.of()));
        assertThat(subject(ProfileName.KUBERNETES_ADMIN, ADMIN))
                .isEqualTo(new Subject("kubernetes-admin", List.of("kubeadm:cluster-admins")));
        assertThat(subject(ProfileName.KUBERNETES_SUPER_ADMIN, ADMIN))
                .isEqualTo(new Subject("kubernetes-super-admin", List.of("system:masters")));
        assertThat(subject(ProfileName.NODE_IDENTITY, Fleet.WORKER))
                .isEqualTo(new Subject("worker-1", List.of("prod")));
    }

    @Test
    void givesSuperAdminsEightHoursAtMost() {
        assertThat(PROFILES.lifetime(ProfileName.KUBERNETES_SUPER_ADMIN)).isEqualTo(Duration.ofHours(8));
        assertRefused(
                contents(ProfileName.KUBERNETES_SUPER_ADMIN, ADMIN, csr, Duration.ofHours(9)), "lifetime-too-long");
    }

    @Test
    void letsRsaKeysEncipherOnlyWhereKubeadmDoes() {
        RequestBuilder rsa = new RequestBuilder(Keys.of(KeyAlgorithm.RSA3072));
        assertThat(issued(ProfileName.KUBE_APISERVER, Fleet.CONTROL_PLANE, rsa).keyUses())
                .containsExactlyInAnyOrder(KeyUse.DIGITAL_SIGNATURE, KeyUse.KEY_ENCIPHERMENT);
        assertThat(issued(ProfileName.NODE_IDENTITY, Fleet.WORKER, rsa).keyUses())
                .containsExactly(KeyUse.DIGITAL_SIGNATURE);
    }

    @Test
    void takesARequestThatAsksForExactlyItsNames() {
        RequestBuilder request = csr.subject("O=system:nodes,CN=system:node:worker-1")
                .dns("worker-1", "WORKER-1")
                .address("192.0.2.20")
                .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature))
                .extension(Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth))
                .extension(Extension.basicConstraints, true, new BasicConstraints(false));
        issued(ProfileName.KUBELET_SERVING, Fleet.WORKER, request);
    }

    @Test
    void refusesNodeAskingForAnotherNodesName() {
        assertRefused(
                ProfileName.KUBELET_CLIENT, csr.subject("O=system:nodes,CN=system:node:worker-2"), "subject-not-yours");
        assertRefused(
                ProfileName.KUBELET_SERVING,
                new RequestBuilder(Keys.of(KeyAlgorithm.P256)).dns("worker-2"),
                "name-not-recorded");
    }

    @Test
    void refusesNodeAskingForAnotherClustersIdentity() {
        assertRefused(ProfileName.NODE_IDENTITY, csr.subject("O=staging,CN=worker-1"), "subject-not-yours");
    }

    @Test
    void refusesSystemMastersInEveryOtherProfile() {
        for (String subject : List.of("O=system:masters,CN=system:node:worker-1", "CN=system:masters")) {
            assertThat(((Violations) contents(
                                    ProfileName.KUBELET_CLIENT,
                                    Fleet.WORKER,
                                    new RequestBuilder(Keys.of(KeyAlgorithm.P256)).subject(subject),
                                    null))
                            .rules())
                    .containsExactly("privileged-group");
        }
        assertRefused(
                contents(ProfileName.KUBERNETES_ADMIN, ADMIN, csr.subject("O=system:masters"), null),
                "privileged-group");
    }

    @Test
    void refusesReservedNamesAndAddresses() {
        for (String name : List.of("kubernetes", "kubernetes.default.svc", "api.prod.example.org", "localhost")) {
            assertRefused(
                    ProfileName.KUBELET_SERVING,
                    new RequestBuilder(Keys.of(KeyAlgorithm.P256)).dns(name),
                    "reserved-name");
        }
        for (String address : List.of("10.96.0.1", "203.0.113.7", "127.0.0.1")) {
            assertRefused(
                    ProfileName.KUBELET_SERVING,
                    new RequestBuilder(Keys.of(KeyAlgorithm.P256)).address(address),
                    "reserved-name");
        }
    }

    @Test
    void refusesNodesThatBearTheApisNames() {
        assertRefused(contents(ProfileName.KUBELET_SERVING, Fleet.worker("kubernetes"), csr, null), "reserved-name");
        assertRefused(
                contents(ProfileName.NODE_IDENTITY, Fleet.worker("api.prod.example.org"), csr, null), "reserved-name");
        assertRefused(
                contents(ProfileName.KUBELET_SERVING, Fleet.worker("w", "203.0.113.7"), csr, null), "reserved-name");
        assertRefused(
                contents(ProfileName.KUBELET_SERVING, Fleet.worker("w", "127.0.0.2"), csr, null), "reserved-name");
    }

    @Test
    void refusesAddressesThatAreNotOnRecord() {
        assertRefused(ProfileName.KUBELET_SERVING, csr.address("192.0.2.99"), "address-not-recorded");
    }

    @Test
    void refusesOtherKindsOfNames() {
        assertRefused(
                ProfileName.KUBELET_SERVING,
                csr.name(new GeneralName(GeneralName.rfc822Name, "root@example.org")),
                "name-type");
        assertRefused(
                ProfileName.KUBELET_SERVING,
                new RequestBuilder(Keys.of(KeyAlgorithm.P256)).subject("OU=x,CN=system:node:worker-1"),
                "subject-attribute");
    }

    @Test
    void refusesTooManyNames() {
        assertRefused(
                ProfileName.KUBELET_SERVING,
                csr.dns(IntStream.range(0, 101).mapToObj(i -> "n" + i).toArray(String[]::new)),
                "too-many-names");
    }

    @Test
    void refusesToMakeAnAuthority() {
        assertRefused(
                ProfileName.KUBELET_CLIENT,
                csr.extension(Extension.basicConstraints, true, new BasicConstraints(true)),
                "authority-requested");
        assertRefused(
                ProfileName.KUBELET_CLIENT,
                new RequestBuilder(Keys.of(KeyAlgorithm.P256))
                        .extension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign)),
                "usage-not-allowed");
        assertRefused(
                ProfileName.KUBELET_CLIENT,
                new RequestBuilder(Keys.of(KeyAlgorithm.P256))
                        .extension(
                                Extension.extendedKeyUsage,
                                false,
                                new ExtendedKeyUsage(KeyPurposeId.anyExtendedKeyUsage)),
                "usage-not-allowed");
    }

    @Test
    void refusesUnknownCriticalExtensionsAndPassesOverOthers() {
        assertRefused(
                ProfileName.KUBELET_CLIENT,
                csr.extension(Extension.inhibitAnyPolicy, true, new org.bouncycastle.asn1.ASN1Integer(0)),
                "critical-extension");
        issued(
                ProfileName.KUBELET_CLIENT,
                Fleet.WORKER,
                new RequestBuilder(Keys.of(KeyAlgorithm.P256))
                        .extension(
                                Extension.subjectKeyIdentifier,
                                false,
                                new org.bouncycastle.asn1.DEROctetString(new byte[20])));
    }

    @Test
    void refusesNodeNamesThatDoNotFitIntoACommonName() {
        Holder longNamed = Fleet.worker("a".repeat(53));
        assertRefused(contents(ProfileName.KUBELET_CLIENT, longNamed, csr, null), "common-name-too-long");
        issued(ProfileName.KUBELET_CLIENT, Fleet.worker("a".repeat(52)), csr);
        assertThat(((Violations) contents(ProfileName.KUBELET_CLIENT, longNamed, csr.subject("CN=x"), null)).rules())
                .containsExactly("common-name-too-long", "subject-not-yours");
    }

    @Test
    void refusesProfilesOfRolesThatTheNodeLacks() {
        assertRefused(contents(ProfileName.KUBE_APISERVER, Fleet.WORKER, csr, null), "role-not-held");
        assertRefused(contents(ProfileName.KUBE_APISERVER, ADMIN, csr, null), "wrong-holder");
    }

    @Test
    void neverOutlivesItsAuthority() {
        ValidityRequest late = new ValidityRequest(Fleet.NOW, Fleet.NOW.plusSeconds(3600), null);
        CertificateContents contents = (CertificateContents)
                PROFILES.contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, csr.request(), late, Fleet.URLS);
        assertThat(contents.validity().notAfter()).isEqualTo(Fleet.NOW.plusSeconds(3600));

        ValidityRequest tooLate = new ValidityRequest(Fleet.NOW, Fleet.NOW, null);
        assertRefused(
                PROFILES.contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, csr.request(), tooLate, Fleet.URLS),
                "authority-expired");
    }

    @Test
    void takesOnlyShorterLifetimes() {
        assertThat(((CertificateContents) contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, csr, Duration.ofHours(1)))
                        .validity()
                        .notAfter())
                .isEqualTo(Fleet.NOW.plusSeconds(3600));
        assertRefused(
                contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, csr, Duration.ofDays(31)), "lifetime-too-long");
        assertRefused(
                contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, csr, Duration.ofSeconds(-1)), "lifetime-too-short");
    }

    @Test
    void refusesSignaturesOfAnotherKey() {
        byte[] der = csr.der();
        der[der.length - 1] ^= 1;
        CertificationRequest forged = (CertificationRequest) CertificationRequest.parse(der);
        assertRefused(
                PROFILES.contents(ProfileName.KUBELET_CLIENT, Fleet.WORKER, forged, Fleet.validity(), Fleet.URLS),
                "signature");
    }

    @Test
    void refusesSha1Signatures() {
        assertRefused(ProfileName.KUBELET_CLIENT, csr.signature("SHA1withECDSA"), "signature-algorithm");
    }

    @Test
    void refusesRocaAndDebianKeysThatAreOtherwiseGood() {
        assertRefused(ProfileName.KUBELET_CLIENT, new RequestBuilder(Keys.roca()), "roca");
        assertRefused(ProfileName.KUBELET_CLIENT, new RequestBuilder(Keys.debianWeak()), "debian-weak-key");
    }

    @Test
    void tellsAllViolationsAtOnce() {
        Violations refused = (Violations) contents(
                ProfileName.KUBELET_SERVING,
                Fleet.WORKER,
                new RequestBuilder(Keys.onCurve("secp521r1"))
                        .signature("SHA512withECDSA")
                        .subject("O=system:masters,CN=system:node:worker-2")
                        .dns("worker-2", "kubernetes")
                        .address("192.0.2.99"),
                Duration.ofDays(400));
        assertThat(refused.rules())
                .containsExactly(
                        "privileged-group",
                        "subject-not-yours",
                        "name-not-recorded",
                        "reserved-name",
                        "address-not-recorded",
                        "lifetime-too-long",
                        "key-curve");
    }

    @Test
    void keepsEd25519AwayFromBrowsers() {
        RequestBuilder edwards = new RequestBuilder(Keys.of(KeyAlgorithm.ED25519));
        issued(ProfileName.KUBELET_CLIENT, Fleet.WORKER, edwards);
        assertRefused(
                contents(ProfileName.OPERATOR, Holder.Installation.operator("alice"), edwards, null), "key-algorithm");
        assertThat(PROFILES.keyAlgorithms(ProfileName.SERVER_TLS)).isNotEqualTo(Set.of(KeyAlgorithm.values()));
    }

    @Test
    void takesUsersOfCertificateSigningRequestsForThatProfileAlone() {
        Holder jane = new Holder.NamedUser(Fleet.CLUSTER, new Subject("jane", List.of("developers")));
        assertRefused(contents(ProfileName.KUBERNETES_ADMIN, jane, csr, null), "wrong-holder");
        assertRefused(contents(ProfileName.CSR_CLIENT, ADMIN, csr, null), "wrong-holder");
        assertThat(subject(ProfileName.CSR_CLIENT, jane)).isEqualTo(new Subject("jane", List.of("developers")));
    }

    private static Holder holder(ProfileName profile) {
        return switch (profile.holder()) {
            case NODE -> Fleet.CONTROL_PLANE;
            case CLUSTER ->
                profile.isByCsr()
                        ? new Holder.NamedUser(Fleet.CLUSTER, new Subject("jane", List.of("developers")))
                        : ADMIN;
            case INSTALLATION ->
                new Holder.Installation(
                        "certfleet.example.org",
                        new SubjectAlternativeNames(List.of("certfleet.example.org", "localhost"), List.of()));
        };
    }

    private static Subject subject(ProfileName profile, Holder holder) {
        return issued(profile, holder, new RequestBuilder(Keys.of(KeyAlgorithm.P256)))
                .subject();
    }

    private static CertificateContents issued(ProfileName profile, Holder holder, RequestBuilder request) {
        Result result = contents(profile, holder, request, null);
        assertThat(result).isInstanceOf(CertificateContents.class);
        return (CertificateContents) result;
    }

    private static Result contents(
            ProfileName profile,
            Holder holder,
            RequestBuilder request,
            @org.jspecify.annotations.Nullable Duration lifetime) {
        return PROFILES.contents(
                profile,
                holder,
                request.request(),
                new ValidityRequest(Fleet.NOW, Fleet.AUTHORITY_END, lifetime),
                Fleet.URLS);
    }

    private static void assertRefused(ProfileName profile, RequestBuilder request, String rule) {
        assertRefused(contents(profile, Fleet.WORKER, request, null), rule);
    }

    private static void assertRefused(Result result, String rule) {
        assertThat(result)
                .isInstanceOfSatisfying(
                        Violations.class, refused -> assertThat(refused.rules()).containsExactly(rule));
    }
}
