package io.faultline.standalone;

import org.springframework.boot.SpringBootExceptionReporter;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Keeps Spring Boot from printing why it could not start: {@link Standalone} does, in one line. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class OneLineFailures implements SpringBootExceptionReporter {

  /** As Spring Boot calls it. */
  OneLineFailures(ConfigurableApplicationContext context) {}

  @Override
  public boolean reportException(Throwable failure) {
    return true;
  }
}
