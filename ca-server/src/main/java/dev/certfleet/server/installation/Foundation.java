package dev.certfleet.server.installation;

import dev.certfleet.pki.AllowedHere;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Lays what the application stands on before any of it is made: reads the settings, takes the data folder, finds or makes
 * the sealing key, and starts the embedded database unless another was given. They are closed after everything else.
 */
public final class Foundation implements ApplicationContextInitializer<ConfigurableApplicationContext> {
    static final String SEALING_KEY = "sealing.key";

    @Override
    @AllowedHere("the server's one real clock and source of randomness are made here")
    public void initialize(ConfigurableApplicationContext context) {
        ConfigurableEnvironment environment = context.getEnvironment();
        KnownSettings.check(environment);
        Settings settings = bind(environment);
        DefaultListableBeanFactory beans = (DefaultListableBeanFactory) context.getBeanFactory();
        SecureRandom random = new SecureRandom();
        if (!beans.containsSingleton("clock")) {
            beans.registerSingleton("clock", Clock.systemUTC());
        }
        beans.registerSingleton("secureRandom", random);
        beans.registerSingleton("settings", settings);

        DataFolder folder = DataFolder.open(settings.data());
        closeLast(beans, "dataFolder", folder);
        SealingKey sealingKey = sealingKey(settings, folder, random);
        beans.registerSingleton("sealingKey", sealingKey);
        environment.getPropertySources().addFirst(new MapPropertySource("certfleet", derived(settings, folder, beans)));
    }

    private static Settings bind(ConfigurableEnvironment environment) {
        try {
            return Binder.get(environment).bindOrCreate("certfleet", Bindable.of(Settings.class));
        } catch (BindException e) {
            Throwable cause = e;
            while (cause.getCause() != null) {
                cause = cause.getCause();
            }
            throw new CannotStart("the setting " + e.getName() + " cannot be used: " + cause.getMessage(), e);
        }
    }

    private static SealingKey sealingKey(Settings settings, DataFolder folder, SecureRandom random) {
        Path elsewhere = settings.sealingKeyFile();
        Path file = elsewhere == null ? folder.file(SEALING_KEY) : elsewhere;
        if (elsewhere == null && !Files.exists(file)) {
            folder.writeSecret(SEALING_KEY, SealingKey.newFile(random));
        }
        return SealingKey.read(file, random);
    }

    private static Map<String, Object> derived(Settings settings, DataFolder folder, DefaultListableBeanFactory beans) {
        Map<String, Object> properties = new HashMap<>();
        Settings.Database given = settings.database();
        if (given == null) {
            EmbeddedDatabase database = EmbeddedDatabase.start(folder, beans.getBean(SecureRandom.class));
            closeLast(beans, "embeddedDatabase", database);
            properties.put("spring.datasource.url", database.url());
            properties.put("spring.datasource.username", database.username());
            properties.put("spring.datasource.password", database.password());
        } else {
            properties.put("spring.datasource.url", given.url());
            if (given.username() != null) {
                properties.put("spring.datasource.username", given.username());
            }
            if (given.passwordFile() != null) {
                properties.put("spring.datasource.password", password(given.passwordFile()));
            }
        }
        properties.put("server.port", settings.apiAddress().getPort());
        properties.put("server.address", settings.apiAddress().getAddress().getHostAddress());
        properties.put("management.server.port", settings.managementAddress().getPort());
        properties.put(
                "management.server.address",
                settings.managementAddress().getAddress().getHostAddress());
        return properties;
    }

    private static String password(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8).strip();
        } catch (IOException e) {
            throw new CannotStart("the database's password file " + file + " cannot be read: " + e, e);
        }
    }

    /** Beans are destroyed in the reverse order of registration: what is registered before all others goes last. */
    private static void closeLast(DefaultListableBeanFactory beans, String name, AutoCloseable part) {
        beans.registerSingleton(name, part);
        beans.registerDisposableBean(name, (DisposableBean) part::close);
    }
}
