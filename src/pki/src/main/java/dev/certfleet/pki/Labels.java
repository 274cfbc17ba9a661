package dev.certfleet.pki;

import java.util.Arrays;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds the constant of an enumeration by the label it has on the wire, and names the choices where there is none. */
final class Labels {
    private Labels() {}

    static <E> E find(E[] constants, Function<E, String> label, String wanted, String what) {
        return Arrays.stream(constants)
                .filter(constant -> label.apply(constant).equals(wanted))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no " + what + " is called '" + wanted + "'; there are "
                        + Arrays.stream(constants).map(label).collect(Collectors.joining(", "))));
    }
}
