/** What several tests of the notifier need. */
@NullMarked
package io.faultline.notifier;

import org.jspecify.annotations.NullMarked;
