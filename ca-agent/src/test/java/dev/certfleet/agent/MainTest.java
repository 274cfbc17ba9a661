package dev.certfleet.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.certfleet.agent.settings.Settings;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which command lines go past the command line's library. */
class MainTest {
    @Test
    void runsAtOnceAsTheUnitStartsIt() {
        assertThat(Main.settingsOfRun(List.of("run"))).contains(Settings.DEFAULT_FILE);
        assertThat(Main.settingsOfRun(List.of("run", "--settings", "/srv/agent.yaml")))
                .contains(Path.of("/srv/agent.yaml"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "status",
                "run --help",
                "run --settings",
                "run --settings --help",
                "run --settings=/srv/agent.yaml",
                "--settings /srv/agent.yaml run",
                "run --settings /srv/agent.yaml --unknown",
                "enrol --settings /srv/agent.yaml"
            })
    void leavesEverythingElseToTheLibrary(String line) {
        assertThat(Main.settingsOfRun(line.isEmpty() ? List.of() : List.of(line.split(" "))))
                .isEmpty();
    }
}
