/** Who may do what: callers and their credentials, the table of roles, browser safety, audit. */
@NullMarked
package io.faultline.runtime.access;

import org.jspecify.annotations.NullMarked;
