@NullMarked
package dev.certfleet.agent.serviceaccount;

import org.jspecify.annotations.NullMarked;
