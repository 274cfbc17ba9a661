@NullMarked
package dev.certfleet.agent.identity;

import org.jspecify.annotations.NullMarked;
