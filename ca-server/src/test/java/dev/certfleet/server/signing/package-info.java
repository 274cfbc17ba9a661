@NullMarked
package dev.certfleet.server.signing;

import org.jspecify.annotations.NullMarked;
