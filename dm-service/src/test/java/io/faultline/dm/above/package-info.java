@NullMarked
package io.faultline.dm.above;

import org.jspecify.annotations.NullMarked;
