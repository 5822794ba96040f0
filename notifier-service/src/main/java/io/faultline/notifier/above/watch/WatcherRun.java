package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.above.watch.Webhook.Outcome;
import io.faultline.notifier.below.EventFeed;
import io.faultline.notifier.below.EventFeed.Step;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.From;
import io.faultline.notifier.below.HeardEvent;
import io.faultline.notifier.below.UnreachableException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers to one watcher, in order, each event until it is taken: in a virtual thread of its own,
 * so that a dead watcher keeps nobody else waiting.
 */
final class WatcherRun {

  private static final Logger log = LoggerFactory.getLogger(WatcherRun.class);
  private static final int QUEUE = 1_000;
  private static final int KEPT_DELIVERIES = 100;
  private static final Duration SAVE_AT_LEAST = Duration.ofSeconds(5);
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

  private final Watcher watcher;
  private final EventHub hub;
  private final WatcherStore store;
  private final Webhook webhook;
  private final NotifierProperties.Webhooks settings;
  private final DeliveryMeters meters;
  private final Clock clock;
  private final WebhookSecret secret;
  private final Thread thread;

  private final Deque<Delivery> deliveries = new ArrayDeque<>();
  private volatile boolean stopping;
  private volatile int failures;

  private String saved = "";
  private long delivered;
  private Instant savedAt = Instant.MIN;

  private WatcherRun(
      Watcher watcher,
      EventHub hub,
      WatcherStore store,
      Webhook webhook,
      NotifierProperties.Webhooks settings,
      DeliveryMeters meters,
      Clock clock) {
    this.watcher = watcher;
    this.hub = hub;
    this.store = store;
    this.webhook = webhook;
    this.settings = settings;
    this.meters = meters;
    this.clock = clock;
    this.secret = WebhookSecret.parse(watcher.secret());
    this.thread =
        Thread.ofVirtual().name("faultline-watcher-" + watcher.name()).unstarted(this::run);
  }

  static WatcherRun start(
      Watcher watcher,
      EventHub hub,
      WatcherStore store,
      Webhook webhook,
      NotifierProperties.Webhooks settings,
      DeliveryMeters meters,
      Clock clock) {
    WatcherRun run = new WatcherRun(watcher, hub, store, webhook, settings, meters, clock);
    run.thread.start();
    return run;
  }

  Watcher watcher() {
    return watcher;
  }

  /** Failed tries since the last that was taken. */
  int failures() {
    return failures;
  }

  /** The last tries, the newest first. */
  List<Delivery> deliveries() {
    synchronized (deliveries) {
      return List.copyOf(deliveries);
    }
  }

  void stop() {
    stopping = true;
    thread.interrupt();
  }

  /** Waits until nothing is delivered any more, but not for ever. */
  void awaitStopped(Duration longest) throws InterruptedException {
    thread.join(longest);
  }

  private void run() {
    Progress before = store.progress(watcher);
    String cursor = before == null ? watcher.start() : before.cursor();
    saved = cursor;
    delivered = before == null ? 0 : before.delivered();
    while (!stopping) {
      try {
        follow(cursor);
      } catch (InterruptedException e) {
        log.debug("{} stops", watcher);
      } catch (UnreachableException e) {
        log.debug("{} waits: {}", watcher, e.getMessage());
        pause(TRY_AGAIN);
      } catch (RuntimeException e) {
        log.error("{} failed and begins again", watcher, e);
        pause(TRY_AGAIN);
      }
      cursor = saved;
    }
  }

  private void follow(String cursor) throws InterruptedException {
    try (EventFeed feed =
        hub.open(From.parse(cursor), watcher.eventFilter(), EventFeed.WhenSlow.READ_AGAIN, QUEUE)) {
      while (!stopping) {
        switch (feed.next(SAVE_AT_LEAST)) {
          case Step.Heard heard -> {
            deliver(heard.event());
            delivered++;
            save(heard.cursor().toString());
          }
          case Step.Idle _, Step.Overflowed _ -> saveNowAndThen(feed.position().toString());
          case Step.Resync resync -> {
            meters.resyncs().increment();
            note(
                new Delivery(
                    null,
                    null,
                    clock.instant(),
                    1,
                    "resync",
                    null,
                    "events were removed before they could be delivered",
                    0));
            save(resync.cursor().toString());
          }
          case Step.Ended _ -> throw new UnreachableException("the hub stopped");
        }
      }
    }
  }

  private void deliver(HeardEvent heard) throws InterruptedException {
    Duration wait = settings.firstRetry();
    for (int attempt = 1; ; attempt++) {
      Instant now = clock.instant();
      long begun = System.nanoTime();
      Outcome outcome =
          webhook.call(
              watcher.url(),
              secret,
              heard.event().id(),
              now,
              heard.event().traceparent(),
              heard.structured());
      long millis = (System.nanoTime() - begun) / 1_000_000;
      meters.tries().increment();
      switch (outcome) {
        case Outcome.Delivered taken -> {
          note(delivery(heard, now, attempt, "delivered", taken.status(), null, millis));
          failures = 0;
          return;
        }
        case Outcome.Failed failed -> {
          if (stopping) {
            throw new InterruptedException();
          }
          meters.failures().increment();
          failures++;
          note(delivery(heard, now, attempt, "failed", failed.status(), failed.reason(), millis));
          Thread.sleep(longer(wait, failed.retryAfter()));
          wait = wait.multipliedBy(2);
          if (wait.compareTo(settings.lastRetry()) > 0) {
            wait = settings.lastRetry();
          }
        }
      }
    }
  }

  /** A receiver may ask for a longer wait, but not for a longer one than the longest. */
  private Duration longer(Duration wait, @Nullable Duration asked) {
    if (asked == null || asked.compareTo(wait) < 0) {
      return wait;
    }
    return asked.compareTo(settings.lastRetry()) < 0 ? asked : settings.lastRetry();
  }

  private static Delivery delivery(
      HeardEvent heard,
      Instant time,
      int attempt,
      String outcome,
      @Nullable Integer status,
      @Nullable String error,
      long millis) {
    return new Delivery(
        heard.event().id(),
        heard.event().type().ceType(),
        time,
        attempt,
        outcome,
        status,
        error,
        millis);
  }

  private void note(Delivery delivery) {
    synchronized (deliveries) {
      deliveries.addFirst(delivery);
      if (deliveries.size() > KEPT_DELIVERIES) {
        deliveries.removeLast();
      }
    }
  }

  private void save(String cursor) {
    saved = cursor;
    savedAt = clock.instant();
    store.save(watcher.name(), new Progress(watcher.id(), cursor, delivered, savedAt));
  }

  /** What was not for this watcher must not be read again for ever, nor age out behind it. */
  private void saveNowAndThen(String cursor) {
    if (!cursor.equals(saved) && savedAt.isBefore(clock.instant().minus(SAVE_AT_LEAST))) {
      save(cursor);
    }
  }

  private void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      log.debug("{} stops", watcher);
    }
  }
}
