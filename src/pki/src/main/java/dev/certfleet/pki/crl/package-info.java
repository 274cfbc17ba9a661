/** Reading certificate revocation lists (RFC 5280 section 5), at least as strictly as Go does, which etcd is written in. */
@NullMarked
package dev.certfleet.pki.crl;

import org.jspecify.annotations.NullMarked;
