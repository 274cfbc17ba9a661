@NullMarked
package dev.certfleet.agent.certificate;

import org.jspecify.annotations.NullMarked;
