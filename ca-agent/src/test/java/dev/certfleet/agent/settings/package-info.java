@NullMarked
package dev.certfleet.agent.settings;

import org.jspecify.annotations.NullMarked;
