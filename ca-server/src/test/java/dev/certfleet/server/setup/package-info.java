@NullMarked
package dev.certfleet.server.setup;

import org.jspecify.annotations.NullMarked;
