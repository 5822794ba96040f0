/** Everything in one process, as its user sees it, and the parts that need no process. */
@NullMarked
package io.faultline.standalone;

import org.jspecify.annotations.NullMarked;
