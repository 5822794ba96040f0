package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.runtime.trace.Spans;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one way by which anything reaches a watcher, be it an event, a notification or a test. */
final class Sinks implements AutoCloseable {

  private final Webhook webhook;
  private final WatchTopics topics;
  private final Alertmanager alertmanager;
  private final SecretBox box;
  private final NotifierProperties.Webhooks settings;
  private final Spans spans;
  private final Clock clock;

  Sinks(
      Webhook webhook,
      WatchTopics topics,
      Alertmanager alertmanager,
      SecretBox box,
      NotifierProperties.Webhooks settings,
      Spans spans,
      Clock clock) {
    this.webhook = webhook;
    this.topics = topics;
    this.alertmanager = alertmanager;
    this.box = box;
    this.settings = settings;
    this.spans = spans;
    this.clock = clock;
  }

  /** One try; waits for its end. It is part of the trace of what it tells, if that is of one. */
  TryEnd send(Watcher to, Message message) {
    String sink = to.definition().type().name().toLowerCase(Locale.ROOT);
    try (Spans.Span span = spans.begin(sink, Spans.Kind.CLIENT, message.traceparent())) {
      span.attribute("faultline.event.id", message.id());
      span.attribute("faultline.watcher", to.name());
      TryEnd end = send(to, message, span.traceparent());
      if (end.outcome() != Outcome.TAKEN) {
        span.failed(String.valueOf(end.error()));
      }
      return end;
    }
  }

  private TryEnd send(Watcher to, Message message, @Nullable String traceparent) {
    Instant now = clock.instant();
    try {
      return switch (to.definition().type()) {
        case WEBHOOK -> call(to, message, traceparent, now);
        case KAFKA -> topics.send(to, message, now);
        case ALERTMANAGER ->
            webhook.call(
                new Webhook.Request(
                    Alertmanager.alerts(to.url()),
                    alertmanager.body(to, message, now),
                    Alertmanager.JSON,
                    Map.of(),
                    to.definition().timeout(),
                    traceparent),
                now);
      };
    } catch (SecretBox.UnreadableException e) {
      return new TryEnd(Outcome.FAILED, now, 0, null, e.getMessage(), null, null);
    }
  }

  private TryEnd call(Watcher to, Message message, @Nullable String traceparent, Instant now) {
    long most = settings.maxBody().toBytes();
    byte[] whole = message.structured();
    byte[] body = whole.length <= most ? whole : message.cut(whole.length).structured();
    return webhook.call(
        new Webhook.Request(
            to.url(),
            body,
            Webhook.CLOUD_EVENT,
            Webhook.signed(secrets(to, now), message.id(), now, body),
            to.definition().timeout(),
            traceparent),
        now);
  }

  /** All that hold, the newest first: at a rotation a receiver may know either. */
  private List<WebhookSecret> secrets(Watcher of, Instant now) {
    List<WebhookSecret> secrets = new ArrayList<>();
    for (Watcher.Secret secret : of.secrets()) {
      if (secret.expiresAt() == null || now.isBefore(secret.expiresAt())) {
        secrets.add(WebhookSecret.parse(box.open(secret.sealed(), of.id())));
      }
    }
    return secrets;
  }

  @Override
  public void close() {
    topics.close();
  }
}
