package dev.certfleet.agent.adopt;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.certfleet.agent.Trouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Whom a kubeconfig makes its reader, by its current context, and where.
 *
 * @param server the API server that it names
 * @param certificate PEM; may hold the key too, as the kubelet writes it
 * @param key PEM
 * @param embedded whether the pair is in the kubeconfig itself: its readers then read it once
 */
record KubeconfigUser(String server, String certificate, String key, boolean embedded) {
    /** What the kubeconfig is about; empty where its user has no certificate. */
    static Optional<KubeconfigUser> read(Path kubeconfig) throws IOException {
        Object yaml;
        try {
            yaml = new Load(LoadSettings.builder().build()).loadFromString(Files.readString(kubeconfig));
        } catch (YamlEngineException e) {
            throw new IOException(kubeconfig + " is not YAML: " + Trouble.oneLine(e), e);
        }
        Optional<Map<?, ?>> context = named(yaml, "contexts", text(yaml, "current-context"), "context");
        Optional<Map<?, ?>> user = context.flatMap(found -> named(yaml, "users", text(found, "user"), "user"));
        Optional<String> server = context.flatMap(found -> named(yaml, "clusters", text(found, "cluster"), "cluster"))
                .flatMap(found -> text(found, "server"));
        if (user.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> data = text(user.get(), "client-certificate-data");
        Optional<String> keyData = text(user.get(), "client-key-data");
        if (data.isPresent() && keyData.isPresent()) {
            return Optional.of(new KubeconfigUser(
                    server.orElse(""), base64(kubeconfig, data.get()), base64(kubeconfig, keyData.get()), true));
        }
        Optional<String> file = text(user.get(), "client-certificate");
        Optional<String> keyFile = text(user.get(), "client-key");
        if (file.isPresent() && keyFile.isPresent()) {
            return Optional.of(new KubeconfigUser(
                    server.orElse(""),
                    Files.readString(kubeconfig.resolveSibling(file.get()), US_ASCII),
                    Files.readString(kubeconfig.resolveSibling(keyFile.get()), US_ASCII),
                    false));
        }
        return Optional.empty();
    }

    private static String base64(Path kubeconfig, String data) throws IOException {
        try {
            return new String(Base64.getMimeDecoder().decode(data), US_ASCII);
        } catch (IllegalArgumentException e) {
            throw new IOException(kubeconfig + " has data that is not base64", e);
        }
    }

    private static Optional<Map<?, ?>> named(Object yaml, String list, Optional<String> name, String member) {
        if (name.isEmpty() || !(yaml instanceof Map<?, ?> map) || !(map.get(list) instanceof List<?> entries)) {
            return Optional.empty();
        }
        for (Object entry : entries) {
            if (entry instanceof Map<?, ?> one
                    && name.get().equals(one.get("name"))
                    && one.get(member) instanceof Map<?, ?> found) {
                return Optional.of(found);
            }
        }
        return Optional.empty();
    }

    private static Optional<String> text(Object map, String key) {
        return map instanceof Map<?, ?> found && found.get(key) instanceof String value && !value.isEmpty()
                ? Optional.of(value)
                : Optional.empty();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "user of a kubeconfig for " + server;
    }
}
