/** Asking for the status of certificates (RFC 6960), with a nonce (RFC 9654), and believing only what is proven. */
@NullMarked
package dev.certfleet.pki.ocsp;

import org.jspecify.annotations.NullMarked;
