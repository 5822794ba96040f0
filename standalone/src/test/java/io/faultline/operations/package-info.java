/**
 * What operators are given is true: metrics, alerts, dashboards and runbooks name what there is.
 */
@NullMarked
package io.faultline.operations;

import org.jspecify.annotations.NullMarked;
