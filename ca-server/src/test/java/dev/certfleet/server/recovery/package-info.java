@NullMarked
package dev.certfleet.server.recovery;

import org.jspecify.annotations.NullMarked;
