package dev.certfleet.server;

import dev.certfleet.server.installation.Foundation;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The certfleet server. */
@SpringBootApplication
public class CertfleetServer {
    public static void main(String[] args) {
        SpringApplication application = new SpringApplication(CertfleetServer.class);
        application.addInitializers(new Foundation());
        application.run(args);
    }
}
