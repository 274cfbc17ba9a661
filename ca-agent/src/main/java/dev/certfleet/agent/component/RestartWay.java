package dev.certfleet.agent.component;

import dev.certfleet.agent.settings.ComponentSettings;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How a component is restarted on this node (docs/adr/0026). */
sealed interface RestartWay {
    /** By the commands in the settings. */
    record Commands(List<List<String>> vectors) implements RestartWay {}

    /** It is a systemd service of its own. */
    record Unit(String name) implements RestartWay {}

    /** It is in a pod: its process is ended, and the kubelet starts the container again. */
    record Pod(long pid) implements RestartWay {}

    /** By a person. */
    record ByHand(String why) implements RestartWay {}

    Pattern SERVICE = Pattern.compile(
            "^(?:0::|\\d+:name=systemd:)/system\\.slice/([\\w@:.\\\\-]+\\.service)$", Pattern.MULTILINE);
    Pattern IN_POD = Pattern.compile("[:/]kubepods[./-]");

    static RestartWay of(ComponentSettings.One settings, BundleWatch.Stale stale) {
        if (!settings.mayRestart()) {
            return new ByHand("components." + stale.component().label() + ".restart is never");
        }
        if (!settings.restart().isEmpty()) {
            return new Commands(settings.restart());
        }
        return detected(ProcessTable.controlGroups(stale.pid()), stale);
    }

    /** @param groups as in {@code /proc/PID/cgroup} */
    static RestartWay detected(String groups, BundleWatch.Stale stale) {
        Matcher service = SERVICE.matcher(groups);
        Optional<String> unit = service.find() ? Optional.of(service.group(1)) : Optional.empty();
        if (IN_POD.matcher(groups).find()) {
            return new Pod(stale.pid());
        }
        return unit.<RestartWay>map(Unit::new)
                .orElseGet(() -> new ByHand("it is neither a systemd service nor in a pod; set components."
                        + stale.component().label() + ".restart to the commands that restart it"));
    }
}
