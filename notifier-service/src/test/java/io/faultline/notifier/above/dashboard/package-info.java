/** Tests of how the dashboard's files are served. */
@NullMarked
package io.faultline.notifier.above.dashboard;

import org.jspecify.annotations.NullMarked;
