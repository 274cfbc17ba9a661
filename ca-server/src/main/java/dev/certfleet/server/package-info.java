/** The certfleet server. Each package below is a module; what it may use is verified by the build. */
@NullMarked
package dev.certfleet.server;

import org.jspecify.annotations.NullMarked;
