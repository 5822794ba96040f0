package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.EventFilter;
import io.faultline.notifier.core.delivery.Deliveries.Granularity;
import io.faultline.notifier.core.delivery.Deliveries.Settings;
import io.faultline.notifier.core.delivery.Grouping;
import io.faultline.notifier.core.delivery.Mute;
import io.faultline.notifier.core.delivery.RetrySchedule;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A follower that remembers, as it is kept in {@link WatcherTopics#WATCHERS} under its name. Fields
 * are never renamed.
 *
 * @param id made when it was created: a watcher of the same name made anew has another
 * @param revision rising with every change
 * @param definition what it was asked to be
 * @param secrets what its webhook is signed with, the newest first; none for other sinks
 * @param start the cursor at which it begins
 * @param replay the last that was asked for; null if none was
 */
public record Watcher(
    String name,
    String id,
    long revision,
    Instant createdAt,
    Definition definition,
    List<Secret> secrets,
    String start,
    @Nullable Replay replay,
    boolean paused,
    List<KeptMute> mutes) {

  /** Where to a watcher is told. */
  public enum SinkType {
    WEBHOOK,
    KAFKA,
    ALERTMANAGER
  }

  /**
   * What a watcher was asked to be.
   *
   * @param filter as {@link EventFilter#toFields}
   * @param url of a webhook or an Alertmanager
   * @param topic of a kafka sink
   * @param tries the waits of its {@link RetrySchedule}
   * @param timeout of a call as a whole
   * @param connections calls at a time
   * @param ratePerSecond calls that are begun in a second
   */
  public record Definition(
      Map<String, List<String>> filter,
      SinkType type,
      @Nullable String url,
      @Nullable String topic,
      Granularity granularity,
      List<Duration> tries,
      Duration groupWait,
      Duration groupInterval,
      Duration repeatInterval,
      Duration timeout,
      int connections,
      int ratePerSecond) {

    public EventFilter eventFilter() {
      return parsed(filter);
    }
  }

  /**
   * @param sealed as {@link SecretBox} seals it
   * @param expiresAt when it is not signed with any more; null for the newest
   */
  public record Secret(String sealed, @Nullable Instant expiresAt) {}

  /** That it begins anew at that cursor. */
  public record Replay(String id, String from) {}

  /** What it does not want to hear of for a while, and who said so. */
  public record KeptMute(
      String name,
      Map<String, List<String>> filter,
      Instant since,
      Instant until,
      @Nullable String by,
      @Nullable String reason) {

    boolean isOver(Instant now) {
      return !now.isBefore(until);
    }
  }

  private static EventFilter parsed(Map<String, List<String>> filter) {
    return switch (EventFilter.parse(filter)) {
      case EventFilter.Parsed.Ok ok -> ok.filter();
      case EventFilter.Parsed.Refused refused ->
          throw new IllegalStateException("a bad filter was kept: " + refused);
    };
  }

  /** What decides on its deliveries. */
  Settings settings() {
    return new Settings(
        definition.granularity(),
        definition.eventFilter(),
        mutes.stream()
            .map(mute -> new Mute(mute.name(), parsed(mute.filter()), mute.until()))
            .toList(),
        new RetrySchedule(definition.tries()),
        new Grouping(
            definition.groupWait(), definition.groupInterval(), definition.repeatInterval()),
        definition.connections(),
        revision);
  }

  /** Where it is called. */
  String url() {
    return Objects.requireNonNull(definition.url());
  }

  Watcher pausedNow(boolean now) {
    return new Watcher(
        name, id, revision + 1, createdAt, definition, secrets, start, replay, now, mutes);
  }

  Watcher replacedBy(Definition other, List<Secret> otherSecrets) {
    return new Watcher(
        name, id, revision + 1, createdAt, other, otherSecrets, start, replay, paused, mutes);
  }

  Watcher replayed(Replay from) {
    return new Watcher(
        name, id, revision + 1, createdAt, definition, secrets, start, from, paused, mutes);
  }

  Watcher muted(List<KeptMute> now) {
    return new Watcher(
        name, id, revision + 1, createdAt, definition, secrets, start, replay, paused, now);
  }

  /** Without the secrets: this is what logs show. */
  @Override
  public String toString() {
    return "watcher " + name + " (" + id + ", revision " + revision + ")";
  }
}
