@NullMarked
package dev.certfleet.server.status;

import org.jspecify.annotations.NullMarked;
