@NullMarked
package io.faultline.cli;

import org.jspecify.annotations.NullMarked;
