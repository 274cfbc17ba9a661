@NullMarked
package dev.certfleet.server.crl;

import org.jspecify.annotations.NullMarked;
