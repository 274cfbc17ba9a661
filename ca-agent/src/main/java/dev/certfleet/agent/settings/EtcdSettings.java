package dev.certfleet.agent.settings;

/**
 * The section {@code etcd}: where this node's etcd is, for nodes with that role.
 *
 * @param enabled false where nothing is to be done about etcd's CRL
 * @param clientPort of {@code --listen-client-urls}
 * @param peerPort of {@code --listen-peer-urls}
 */
public record EtcdSettings(boolean enabled, int clientPort, int peerPort) {
    private static final int LAST_PORT = 65_535;

    static EtcdSettings from(Section section) {
        EtcdSettings settings = new EtcdSettings(
                section.flag("enabled", true), port(section, "clientPort", 2379), port(section, "peerPort", 2380));
        section.end();
        if (settings.clientPort() == settings.peerPort()) {
            throw Section.wrong(section.name("clientPort") + " and " + section.name("peerPort") + " name one port");
        }
        return settings;
    }

    private static int port(Section section, String key, int otherwise) {
        String text = section.text(key).orElse(Integer.toString(otherwise));
        if (!text.matches("\\d{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > LAST_PORT) {
            throw Section.wrong(section.name(key) + " has to be a port number, not '" + text + "'");
        }
        return Integer.parseInt(text);
    }
}
