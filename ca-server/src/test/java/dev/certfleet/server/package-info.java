@NullMarked
package dev.certfleet.server;

import org.jspecify.annotations.NullMarked;
