package io.faultline.runtime.trace;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where traces go, under {@code faultline.tracing.*}. Without an endpoint nothing is sent.
 *
 * @param endpoint of an OpenTelemetry collector that speaks OTLP over HTTP, whole: {@code
 *     http://collector:4318/v1/traces}; empty for none
 * @param ratio of the traces that begin here, from 0 to 1; one that comes from elsewhere is sent if
 *     it is sampled
 * @param headersFile a file of lines {@code name: value} that are sent along, for a collector that
 *     wants to know who is calling; empty for none
 * @param timeout for one batch
 */
@ConfigurationProperties("faultline.tracing")
public record TracingProperties(
    @DefaultValue("") String endpoint,
    @DefaultValue("1.0") double ratio,
    @DefaultValue("") String headersFile,
    @DefaultValue("10s") Duration timeout) {

  /** What cannot be meant is refused at the start. */
  public TracingProperties {
    if (!(ratio >= 0 && ratio <= 1)) {
      throw new IllegalArgumentException(
          "faultline.tracing.ratio is from 0 to 1, but it is " + ratio);
    }
  }
}
