package io.faultline.notifier;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What the notifier can be told, under {@code faultline.notifier.*}.
 *
 * @param streams followers of the event stream
 * @param webhooks calls to watchers
 */
@ConfigurationProperties("faultline.notifier")
public record NotifierProperties(@DefaultValue Streams streams, @DefaultValue Webhooks webhooks) {

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
}
