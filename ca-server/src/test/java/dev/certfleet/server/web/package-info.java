@NullMarked
package dev.certfleet.server.web;

import org.jspecify.annotations.NullMarked;
