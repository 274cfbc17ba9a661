/** The machine's TPM 2.0: proving which machine this is, and keeping the identity key from being copied. */
@NullMarked
package dev.certfleet.agent.tpm;

import org.jspecify.annotations.NullMarked;
