/** Watchers: followers of the events that remember where they are, and the calls to them. */
@NullMarked
package io.faultline.notifier.above.watch;

import org.jspecify.annotations.NullMarked;
