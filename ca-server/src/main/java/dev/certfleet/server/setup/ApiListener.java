package dev.certfleet.server.setup;

import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.springframework.boot.jetty.servlet.JettyServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.stereotype.Component;

/** Makes the API's listener speak TLS 1.2 or 1.3 with this server's certificate, and ask for the client's. */
@Component
class ApiListener implements WebServerFactoryCustomizer<JettyServletWebServerFactory> {
    private final ServerTls tls;

    ApiListener(ServerTls tls) {
        this.tls = tls;
    }

    @Override
    public void customize(JettyServletWebServerFactory factory) {
        factory.addServerCustomizers(this::secure);
    }

    private void secure(Server server) {
        Connector[] plain = server.getConnectors();
        for (int i = 0; i < plain.length; i++) {
            plain[i] = secure(server, (ServerConnector) plain[i]);
        }
        server.setConnectors(plain);
    }

    private ServerConnector secure(Server server, ServerConnector plain) {
        SslContextFactory.Server ssl = new SslContextFactory.Server();
        ssl.setSslContext(tls.context());
        ssl.setWantClientAuth(true);
        ssl.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.addCustomizer(new SecureRequestCustomizer(false));
        ServerConnector connector = new ServerConnector(
                server,
                new SslConnectionFactory(ssl, HttpVersion.HTTP_1_1.asString()),
                new HttpConnectionFactory(http));
        connector.setHost(plain.getHost());
        connector.setPort(plain.getPort());
        connector.setIdleTimeout(120_000);
        return connector;
    }
}
