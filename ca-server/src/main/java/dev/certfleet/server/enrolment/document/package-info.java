/** Signed instance identity documents: JSON Web Tokens (RFC 7519) of issuers that an operator trusts, and their keys (RFC 7517). */
@NullMarked
package dev.certfleet.server.enrolment.document;

import org.jspecify.annotations.NullMarked;
