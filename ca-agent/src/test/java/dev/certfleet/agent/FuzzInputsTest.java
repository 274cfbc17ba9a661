package dev.certfleet.agent;

import dev.certfleet.pki.testing.FuzzInputs;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.TestFactory;

class FuzzInputsTest {
    @TestFactory
    Stream<DynamicContainer> everyInputThatFuzzingStartsFromOrFoundHolds() {
        return FuzzInputs.replayed();
    }
}
