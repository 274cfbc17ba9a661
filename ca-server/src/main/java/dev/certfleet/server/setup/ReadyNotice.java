package dev.certfleet.server.setup;

import dev.certfleet.server.installation.DataFolder;
import dev.certfleet.server.installation.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/** Says, once the server is ready, where it is and how to speak to it. */
@Component
class ReadyNotice {
    private static final Logger LOG = LoggerFactory.getLogger(ReadyNotice.class);

    private final Settings settings;
    private final DataFolder folder;
    private final FirstOperatorNotice firstOperator;

    ReadyNotice(Settings settings, DataFolder folder, FirstOperatorNotice firstOperator) {
        this.settings = settings;
        this.folder = folder;
        this.firstOperator = firstOperator;
    }

    @EventListener(ApplicationReadyEvent.class)
    void ready() {
        firstOperator
                .file()
                .ifPresent(
                        file -> LOG.info("the first operator's credential (key and certificate, keep it): {}", file));
        LOG.info(
                "certfleet is ready: API https {}, status http {}, management http {}, CA {}",
                settings.api(),
                settings.status(),
                settings.management(),
                folder.file("installation-ca.crt"));
    }
}
