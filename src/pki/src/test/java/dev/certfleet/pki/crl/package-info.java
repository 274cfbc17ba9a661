@NullMarked
package dev.certfleet.pki.crl;

import org.jspecify.annotations.NullMarked;
