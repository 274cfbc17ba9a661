/** The CRL that etcd reads, and proof that etcd refuses what it lists (docs/adr/0017). */
@NullMarked
package dev.certfleet.agent.etcd;

import org.jspecify.annotations.NullMarked;
