/** Tests of the chart. */
@NullMarked
package io.faultline.deployment.chart;

import org.jspecify.annotations.NullMarked;
