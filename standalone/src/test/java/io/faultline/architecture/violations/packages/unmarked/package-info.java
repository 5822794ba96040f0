/** Says what lives here, but leaves null unchecked. */
package io.faultline.architecture.violations.packages.unmarked;
