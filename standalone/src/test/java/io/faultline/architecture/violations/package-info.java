/**
 * Classes that break the rules of the architecture on purpose: the proof that each rule can fail.
 */
@NullMarked
package io.faultline.architecture.violations;

import org.jspecify.annotations.NullMarked;
