package dev.certfleet.pki;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the few places that may make what everything else takes by its constructor: the real clock and the real source
 * of randomness. The build refuses those calls anywhere else.
 */
@Retention(RetentionPolicy.CLASS)
@Target({ElementType.TYPE, ElementType.METHOD, ElementType.CONSTRUCTOR})
public @interface AllowedHere {
    /** Why this place may do so. */
    String value();
}
