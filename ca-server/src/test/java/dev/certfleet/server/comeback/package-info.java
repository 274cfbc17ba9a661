@NullMarked
package dev.certfleet.server.comeback;

import org.jspecify.annotations.NullMarked;
