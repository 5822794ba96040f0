/**
 * Serves the dashboard's files: packed once, revalidated by what is in them, under strict headers.
 */
@NullMarked
package io.faultline.notifier.above.dashboard;

import org.jspecify.annotations.NullMarked;
