package io.faultline.runtime;

import java.nio.file.Path;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What every service can be told, under {@code faultline.*}.
 *
 * @param topics how topics are made
 * @param stateDir where the layers keep their state stores
 * @param sliceDir where device-service keeps its slice
 * @param deviceServiceUrl where requests to device-service go; empty: to this very process
 * @param dmServiceUrl where requests to dm-service go; empty: to this very process
 * @param fsServiceUrl where requests to fs-service go; empty: to this very process
 * @param commandTimeout how long a call waits for the owner of a host before it answers 503
 * @param streams how a layer's core is run
 */
@ConfigurationProperties("faultline")
public record FaultlineProperties(
    @DefaultValue Topics topics,
    @DefaultValue("data/state") Path stateDir,
    @DefaultValue("data/slice") Path sliceDir,
    @DefaultValue("") String deviceServiceUrl,
    @DefaultValue("") String dmServiceUrl,
    @DefaultValue("") String fsServiceUrl,
    @DefaultValue("PT10S") Duration commandTimeout,
    @DefaultValue Streams streams) {

  /**
   * @param partitions of every topic; the same for all, and for ever
   * @param replication copies of every record; below the number of brokers
   * @param retention how long events are kept
   */
  public record Topics(
      @DefaultValue("12") int partitions,
      @DefaultValue("1") short replication,
      @DefaultValue("P7D") Duration retention) {}

  /**
   * @param threads stream threads of each layer
   * @param commitInterval a layer's transaction ends when more than this has passed since the last
   *     one ended; measured, see docs/decisions/exactly-once-settings.md
   * @param pollInterval how long a stream thread waits for records before it looks after its
   *     transaction
   * @param standbyReplicas copies of each host's state on other instances
   */
  public record Streams(
      @DefaultValue("1") int threads,
      @DefaultValue("2ms") Duration commitInterval,
      @DefaultValue("2ms") Duration pollInterval,
      @DefaultValue("0") int standbyReplicas) {}
}
