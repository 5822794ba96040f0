package io.faultline.notifier;

import io.faultline.notifier.core.Capacity;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What the notifier can be told, under {@code faultline.notifier.*}.
 *
 * @param streams followers of the event stream
 * @param webhooks calls to watchers
 * @param watchers who is called
 * @param secrets how the secrets of webhooks are kept
 * @param links in what is sent
 * @param faults how much is kept of the faults of each host
 */
@ConfigurationProperties("faultline.notifier")
public record NotifierProperties(
    @DefaultValue Streams streams,
    @DefaultValue Webhooks webhooks,
    @DefaultValue Watchers watchers,
    @DefaultValue Secrets secrets,
    @DefaultValue Links links,
    @DefaultValue Faults faults) {

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
   * @param timeout for a try as a whole, where a watcher does not say
   * @param maxTimeout what a watcher may say at most
   * @param maxBody bytes of a call; of a larger event only the way to it is told
   * @param connections open at a time, to all receivers together
   */
  public record Webhooks(
      @DefaultValue("false") boolean allowLoopback,
      @DefaultValue("false") boolean allowPrivate,
      @DefaultValue("5s") Duration connectTimeout,
      @DefaultValue("20s") Duration timeout,
      @DefaultValue("60s") Duration maxTimeout,
      @DefaultValue("256KB") DataSize maxBody,
      @DefaultValue("8192") int connections) {}

  /**
   * What holds for a watcher that does not say otherwise.
   *
   * @param max watchers that are kept
   * @param tries waits after the first try that failed, the second and so on
   * @param groupWait see {@link io.faultline.notifier.core.delivery.Grouping}
   * @param connections calls to one watcher at a time
   * @param ratePerSecond calls to one watcher that are begun in a second
   */
  public record Watchers(
      @DefaultValue("10000") int max,
      @DefaultValue({"5s", "5m", "30m", "2h", "5h", "10h", "10h"}) List<Duration> tries,
      @DefaultValue("30s") Duration groupWait,
      @DefaultValue("5m") Duration groupInterval,
      @DefaultValue("4h") Duration repeatInterval,
      @DefaultValue("8") int connections,
      @DefaultValue("1000") int ratePerSecond) {}

  /**
   * What the webhooks' secrets are sealed with, the same for all instances and as long as there are
   * watchers.
   *
   * @param key base64 of 32 bytes; empty: it is in {@code keyFile}
   * @param keyFile the file that has it; left out: {@code notifier-secrets.key} of the state
   *     folder, which is made
   */
  public record Secrets(@DefaultValue("") String key, @Nullable Path keyFile) {}

  /**
   * @param publicUrl how people reach this interface, for links in notifications; without a slash
   *     at the end
   * @param runbook a page for each cause; its name is put to the end. Empty: those that are served
   *     there
   */
  public record Links(
      @DefaultValue("http://127.0.0.1:8080") String publicUrl, @DefaultValue("") String runbook) {
    public Links {
      publicUrl = publicUrl.replaceFirst("/+$", "");
      runbook = runbook.isEmpty() ? publicUrl + "/v1/runbooks/" : runbook;
    }
  }

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
