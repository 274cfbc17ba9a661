/** The checks that every certificate passes before it is signed: one a class, each with the section that asks for it. */
@NullMarked
package dev.certfleet.server.x509.lint;

import org.jspecify.annotations.NullMarked;
