@NullMarked
package dev.certfleet.server.ledger;

import org.jspecify.annotations.NullMarked;
