/**
 * The notifier's rules: what a fault has become, who stands on whom, how grave an event is, and
 * which events a filter lets through.
 */
@NullMarked
package io.faultline.notifier.core;

import org.jspecify.annotations.NullMarked;
