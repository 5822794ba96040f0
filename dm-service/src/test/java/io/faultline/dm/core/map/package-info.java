@NullMarked
package io.faultline.dm.core.map;

import org.jspecify.annotations.NullMarked;
