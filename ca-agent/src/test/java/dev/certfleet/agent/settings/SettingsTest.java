package dev.certfleet.agent.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.certfleet.agent.Trouble;
import dev.certfleet.pki.ProfileName;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
    @Test
    void readsEverySection() {
        Settings settings = Settings.parse("""
                server:
                  addresses: ["https://ca-1:8443", "https://ca-2:8443/"]
                  caFingerprint: "SHA256:AA:%s"
                node: {name: n1, roles: [etcd], addresses: [10.0.0.1]}
                kubernetes: {apiServer: "https://10.0.0.1:6443"}
                kubelet: {configuration: /etc/kubernetes/kubelet.conf.d/90-pki.conf, cacheFor: 1s}
                paths:
                  kubernetes: /k
                  files: {etcd-server: {certificate: /e/s.crt, key: /e/s.key, owner: "etcd:etcd"}}
                hooks: {timeout: 5s, etcd-server: [[a, b], [c]]}
                renewal: {pollInterval: 1m}
                control: {metrics: off}
                gate: {port: 9000, policy: {unreachable: deny}, cacheFor: 0s, auditLog: /a/log, apiServer: "https://10.0.0.1:443"}
                """.replace("%s", "bb".repeat(31)));

        assertThat(settings.server().addresses())
                .containsExactly(URI.create("https://ca-1:8443"), URI.create("https://ca-2:8443"));
        assertThat(settings.server().caFingerprint()).contains("aa" + "bb".repeat(31));
        assertThat(settings.paths().files())
                .extractingByKey(ProfileName.ETCD_SERVER)
                .extracting(PathSettings.Files::owner)
                .isEqualTo(Optional.of("etcd:etcd"));
        assertThat(settings.paths().state()).isEqualTo(Path.of("/var/lib/certfleet"));
        assertThat(settings.hooks().of(ProfileName.ETCD_SERVER)).containsExactly(List.of("a", "b"), List.of("c"));
        assertThat(settings.renewal().pollInterval()).isEqualTo(Duration.ofMinutes(1));
        assertThat(settings.control().metrics()).isEmpty();
        assertThat(settings.kubelet().configuration()).contains(Path.of("/etc/kubernetes/kubelet.conf.d/90-pki.conf"));
        assertThat(settings.kubelet().cacheFor()).isEqualTo(Duration.ofSeconds(1));
        assertThat(settings.gate().settings().port()).isEqualTo(9000);
        assertThat(settings.gate().settings().cacheFor()).isZero();
        assertThat(settings.gate().settings().auditLog()).hasToString("/a/log");
        assertThat(settings.gate().settings().apiServer().orElseThrow()).hasToString("https://10.0.0.1:443");
    }

    @Test
    void everythingHasADefaultButTheServer() {
        Settings settings = Settings.parse("");

        assertThat(settings.paths().kubernetes()).isEqualTo(Path.of("/etc/kubernetes"));
        assertThat(settings.renewal().pollInterval()).isEqualTo(Duration.ofSeconds(15));
        assertThat(settings.kubelet().configuration()).isEmpty();
        assertThat(settings.kubelet().cacheFor()).isEqualTo(Duration.ofSeconds(5));
        assertThat(settings.gate().enabled()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    servers: {}                            | there is no setting 'servers'; did you mean 'server'?
                    server: {adresses: []}                 | there is no setting 'server.adresses'; did you mean 'server.addresses'?
                    hooks: {etcd-sever: []}                | there is no setting 'hooks.etcd-sever'; did you mean 'hooks.etcd-server'?
                    node: {colour: red}                    | there is no setting 'node.colour'; there are name, roles, addresses
                    node: {roles: [master]}                | node.roles: no node role is called 'master'; there are control-plane, etcd, worker
                    hooks: {etcd-server: systemctl reload} | has to be a list of commands, each a list of arguments
                    hooks: {etcd-server: [systemctl]}      | has to be a list of commands, each a list of arguments
                    paths: {state: var/lib}                | paths.state has to be an absolute path
                    server: {addresses: ['http://ca']}     | 'http://ca' is not like https://ca.example.org:8443
                    control: {metrics: '0.0.0.0:9791'}     | control.metrics has to be a loopback address
                    renewal: {pollInterval: often}         | renewal.pollInterval has to be a duration
                    kubelet: {cacheFor: 0s}                | kubelet.cacheFor has to be at least 100ms; the kubelet takes 0 for its own 5 minutes
                    kubelet: {configuration: /k/c.yaml}    | kubelet.configuration has to end in .conf
                    gate: {address: 10.0.0.1}              | gate.address has to be a loopback address
                    gate: {apiServer: 10.0.0.1}             | gate.apiServer has to be like https://10.0.0.1:6443
                    gate: {auditLog: audit.log}             | gate.auditLog has to be an absolute path
                    components: {etcd: {address: here}}     | components.etcd.address has to be an IP address, not 'here'
                    components: {kube-apiserver: {url: h}}  | components.kube-apiserver.url has to be like https://10.0.0.1:6443
                    components: {kubelet: {port: 70000}}    | components.kubelet.port has to be a port number
                    components: {etcd: {restart: sometimes}} | components.etcd.restart has to be a list of commands
                    components: {etcd: {clientPort: 1}}     | there is no setting 'components.etcd.clientPort'
                    gate: {failurePolicy: maybe}           | gate.failurePolicy has to be allow or deny
                    [1, 2]                                 | the file has to be a mapping
                    server: {                              | not YAML: line
                    server: {}\\nserver: {}                 | not YAML
                    """)
    void saysWhatIsWrong(String yaml, String message) {
        assertThatThrownBy(() -> Settings.parse(yaml.replace("\\n", "\n")))
                .isInstanceOf(Trouble.class)
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
    }

    @Test
    void aMissingFileIsNamed(@TempDir Path folder) {
        assertThatThrownBy(() -> Settings.read(folder.resolve("agent.yaml")))
                .hasMessageContaining("there is no settings file " + folder.resolve("agent.yaml"));
    }
}
