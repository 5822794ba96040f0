/** Figures for docs/PERFORMANCE.md, each beside its bare limit; they run only when asked for. */
@NullMarked
package io.faultline.notifier.measure;

import org.jspecify.annotations.NullMarked;
