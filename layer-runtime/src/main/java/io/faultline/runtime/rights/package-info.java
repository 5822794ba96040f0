/** What each service may do in Kafka: the least that it needs. */
@NullMarked
package io.faultline.runtime.rights;

import org.jspecify.annotations.NullMarked;
