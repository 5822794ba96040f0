@NullMarked
package io.faultline.dm.above.dump;

import org.jspecify.annotations.NullMarked;
