package io.faultline.notifier;

import io.faultline.notifier.core.Capacity;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the notifier can be told, under {@code faultline.notifier.*}.
 *
 * @param streams followers of the event stream
 * @param webhooks calls to watchers
 * @param faults how much is kept of the faults of each host
 */
@ConfigurationProperties("faultline.notifier")
public record NotifierProperties(
    @DefaultValue Streams streams, @DefaultValue Webhooks webhooks, @DefaultValue Faults faults) {

  /**
   * @param max streams at a time; more get 503
   * @param queue events that may wait for one; a follower with more is dropped
   * @param heartbeat how often a comment is written where nothing else is
   * @param retry how long a browser is told to wait before it comes again
   */
  public record Streams(
      @DefaultValue("256") int max,
      @DefaultValue("8192") int queue,
      @DefaultValue("15s") Duration heartbeat,
      @DefaultValue("2s") Duration retry) {}

  /**
   * @param allowLoopback whether this machine itself may be called; only for trying things out
   * @param allowPrivate whether addresses may be called that the public network cannot reach
   * @param connectTimeout for the connection alone
   * @param timeout for a try as a whole
   * @param firstRetry the wait after a first failure; it doubles
   * @param lastRetry the longest wait between two tries
   */
  public record Webhooks(
      @DefaultValue("false") boolean allowLoopback,
      @DefaultValue("false") boolean allowPrivate,
      @DefaultValue("5s") Duration connectTimeout,
      @DefaultValue("20s") Duration timeout,
      @DefaultValue("1s") Duration firstRetry,
      @DefaultValue("60s") Duration lastRetry) {}

  /**
   * @param open cases that are not resolved; further faults are counted and refused
   * @param resolved resolved cases; the one that was resolved first makes room
   * @param badRanges ranges that are bad because of all cases together, 16 bytes each
   */
  public record Faults(
      @DefaultValue("131072") int open,
      @DefaultValue("16384") int resolved,
      @DefaultValue("4194304") long badRanges) {

    Capacity capacity() {
      return new Capacity(open, resolved, badRanges);
    }
  }
}
