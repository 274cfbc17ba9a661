@NullMarked
package dev.certfleet.agent.net;

import org.jspecify.annotations.NullMarked;
