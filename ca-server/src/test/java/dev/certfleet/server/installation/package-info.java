@NullMarked
package dev.certfleet.server.installation;

import org.jspecify.annotations.NullMarked;
