/** What the tests of more than one module build on. */
package dev.certfleet.pki.testing;
