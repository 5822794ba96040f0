/** What people and programs are served: the stream, fault cases, the topology, watchers. */
@NullMarked
package io.faultline.notifier.above;

import org.jspecify.annotations.NullMarked;
