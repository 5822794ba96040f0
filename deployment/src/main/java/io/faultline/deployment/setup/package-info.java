/** What is done once before the services start: secrets, and Kafka's users and their rights. */
@NullMarked
package io.faultline.deployment.setup;

import org.jspecify.annotations.NullMarked;
