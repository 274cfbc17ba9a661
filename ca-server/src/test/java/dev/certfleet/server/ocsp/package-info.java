@NullMarked
package dev.certfleet.server.ocsp;

import org.jspecify.annotations.NullMarked;
