/** Distinguished Encoding Rules (X.690): a strict reader for what comes from the network, and a writer that makes one pass. */
@NullMarked
package dev.certfleet.pki.der;

import org.jspecify.annotations.NullMarked;
