package dev.certfleet.server.access;

import java.util.List;
import java.util.Optional;
import org.springframework.stereotype.Component;

/** Finds operators; those who were removed are none. */
@Component
public class Operators {
    private final OperatorRepository operators;

    Operators(OperatorRepository operators) {
        this.operators = operators;
    }

    /** By name. */
    public List<Operator> all() {
        return operators.findByRemovedAtIsNullOrderByName();
    }

    public Optional<Operator> named(String name) {
        return operators.findById(name).filter(operator -> !operator.isRemoved());
    }
}
