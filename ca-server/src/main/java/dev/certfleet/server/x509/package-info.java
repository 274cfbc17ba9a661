/**
 * What a certificate says, and whether it may: names, profiles, requests, key rules and the linter through which everything
 * passes before it is signed. No Spring, no database, no network, no clock; values in, values or violations out.
 */
@NullMarked
package dev.certfleet.server.x509;

import org.jspecify.annotations.NullMarked;
