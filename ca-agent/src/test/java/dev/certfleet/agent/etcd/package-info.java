@NullMarked
package dev.certfleet.agent.etcd;

import org.jspecify.annotations.NullMarked;
