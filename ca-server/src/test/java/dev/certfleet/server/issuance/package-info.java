@NullMarked
package dev.certfleet.server.issuance;

import org.jspecify.annotations.NullMarked;
