/** Looks at the dashboard with a real browser, as its users do. */
@NullMarked
package io.faultline.standalone.dashboard;

import org.jspecify.annotations.NullMarked;
