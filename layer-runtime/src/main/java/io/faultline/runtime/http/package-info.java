/** What every service's HTTP interface has in common: checks, problem details, limits. */
@NullMarked
package io.faultline.runtime.http;

import org.jspecify.annotations.NullMarked;
