/** The notifier service, put together. */
@NullMarked
package io.faultline.notifier;

import org.jspecify.annotations.NullMarked;
