package dev.certfleet.agent.settings;

import dev.certfleet.agent.ExitCode;
import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Everything that can be set, each concern in a record of its own.
 */
public record Settings(
        ServerSettings server,
        EnrolmentSettings enrolment,
        NodeSettings node,
        KubernetesSettings kubernetes,
        KubeletSettings kubelet,
        PathSettings paths,
        HookSettings hooks,
        RenewalSettings renewal,
        ControlSettings control,
        GateSection gate,
        EtcdSettings etcd,
        ComponentSettings components,
        CsrSignerSettings csrSigner) {

    public static final Path DEFAULT_FILE = Path.of("/etc/certfleet/agent.yaml");

    public Settings with(ServerSettings changed) {
        return new Settings(
                changed,
                enrolment,
                node,
                kubernetes,
                kubelet,
                paths,
                hooks,
                renewal,
                control,
                gate,
                etcd,
                components,
                csrSigner);
    }

    /** @throws Trouble where the file cannot be read, is not YAML, or says what is not allowed */
    public static Settings read(Path file) {
        String text;
        try {
            text = Files.readString(file);
        } catch (NoSuchFileException e) {
            throw new Trouble(
                    ExitCode.SETTINGS,
                    "there is no settings file " + file
                            + "; give one with --settings, it needs at least server.addresses",
                    e);
        } catch (IOException e) {
            throw new Trouble(ExitCode.SETTINGS, "cannot read " + file + ": " + Trouble.oneLine(e), e);
        }
        try {
            return parse(text);
        } catch (Trouble e) {
            throw new Trouble(ExitCode.SETTINGS, file + ": " + e.getMessage(), e);
        }
    }

    /** The settings in a YAML text. */
    public static Settings parse(String yaml) {
        Section root = new Section("", load(yaml));
        GateSection gate = GateSection.from(root.section("gate"));
        EtcdSettings etcd = EtcdSettings.from(root.section("etcd"));
        Settings settings = new Settings(
                ServerSettings.from(root.section("server")),
                EnrolmentSettings.from(root.section("enrolment")),
                NodeSettings.from(root.section("node")),
                KubernetesSettings.from(root.section("kubernetes")),
                KubeletSettings.from(root.section("kubelet")),
                PathSettings.from(root.section("paths")),
                HookSettings.from(root.section("hooks")),
                RenewalSettings.from(root.section("renewal")),
                ControlSettings.from(root.section("control")),
                gate,
                etcd,
                ComponentSettings.from(root.section("components"), etcd, gate),
                CsrSignerSettings.from(root.section("csrSigner")));
        root.end();
        return settings;
    }

    private static @Nullable Object load(String yaml) {
        try {
            List<Object> documents = new java.util.ArrayList<>();
            new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build())
                    .loadAllFromString(yaml)
                    .forEach(documents::add);
            if (documents.size() > 1) {
                throw Section.wrong("one YAML document is expected, there are " + documents.size());
            }
            return documents.isEmpty() ? null : documents.getFirst();
        } catch (MarkedYamlEngineException e) {
            String where = e.getProblemMark()
                    .map(mark -> "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1) + ": ")
                    .orElse("");
            throw new Trouble(ExitCode.SETTINGS, "not YAML: " + where + Trouble.oneLine(e.getProblem()), e);
        } catch (YamlEngineException e) {
            throw new Trouble(ExitCode.SETTINGS, "not YAML: " + Trouble.oneLine(e), e);
        }
    }
}
