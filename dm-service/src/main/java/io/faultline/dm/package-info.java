/** dm-service: device-mapper tables, and what is below them told above them. */
@NullMarked
package io.faultline.dm;

import org.jspecify.annotations.NullMarked;
