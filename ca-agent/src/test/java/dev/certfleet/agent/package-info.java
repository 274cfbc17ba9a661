@NullMarked
package dev.certfleet.agent;

import org.jspecify.annotations.NullMarked;
