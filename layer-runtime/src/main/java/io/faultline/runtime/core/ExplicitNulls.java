package io.faultline.runtime.core;

/**
 * An answer whose absent members are said as {@code null}: a description of one thing, where the
 * reader knows the members and asks for their values. Elsewhere what is absent is left out.
 */
public interface ExplicitNulls {}
