@NullMarked
package dev.certfleet.db;

import org.jspecify.annotations.NullMarked;
