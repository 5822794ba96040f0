package io.faultline.notifier.above.watch;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Event;
import io.faultline.notifier.below.Cursor;
import io.faultline.notifier.below.EventFeed;
import io.faultline.notifier.below.EventFeed.Step;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.below.EventHub.Reread;
import io.faultline.notifier.below.From;
import io.faultline.notifier.below.HeardEvent;
import io.faultline.notifier.below.UnreachableException;
import io.faultline.notifier.core.delivery.Deliveries;
import io.faultline.notifier.core.delivery.Deliveries.Scan;
import io.faultline.notifier.core.delivery.Deliveries.Settings;
import io.faultline.notifier.core.delivery.DeliveryFact;
import io.faultline.notifier.core.delivery.DeliveryFact.Content;
import io.faultline.notifier.core.delivery.DeliveryFact.Count;
import io.faultline.notifier.core.delivery.DeliveryFact.Head;
import io.faultline.notifier.core.delivery.DeliveryFact.Notice;
import io.faultline.notifier.core.delivery.DeliveryFact.Ref;
import io.faultline.notifier.core.delivery.DeliveryState;
import io.faultline.notifier.core.delivery.Output;
import io.faultline.notifier.core.delivery.Place;
import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.notifier.core.delivery.Waiting;
import io.faultline.runtime.core.Fact;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the deliveries to one watcher: reads for them, writes what they decide, makes the calls.
 * What is decided, and when, is {@link Deliveries}' alone.
 *
 * <p>One virtual thread reads and decides; each call has one of its own, and what it came to is
 * done by the first: so a receiver that answers slowly keeps nobody waiting but its own host.
 */
final class WatcherRun {

  /** What all runs use. */
  record Shared(
      EventHub hub, WatcherStore store, Sinks sinks, DeliveryMeters meters, Clock clock) {}

  private static final Logger log = LoggerFactory.getLogger(WatcherRun.class);

  private static final int QUEUE = 1_000;
  private static final int SCAN_EVENTS = 500;
  private static final long SCAN_BYTES = 8L * 1024 * 1024;
  private static final Duration TRY_AGAIN = Duration.ofSeconds(1);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);
  private static final Duration SHORTEST_WAIT = Duration.ofMillis(20);

  /** What was not for this watcher must not be read again for ever, nor age out behind it. */
  private static final long SAVE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long SCAN_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long ASKED_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  /** Calls that are under way when it is stopped may come to their end within that time. */
  private static final long FINISH_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final Watcher watcher;
  private final Settings settings;
  private final Shared shared;
  private final Journal journal;
  private final Pacer pacer;
  private final Thread thread;
  private final ConcurrentLinkedQueue<Runnable> inbox = new ConcurrentLinkedQueue<>();
  private final AtomicInteger calling = new AtomicInteger();
  private final Map<String, byte @Nullable []> alongside = new LinkedHashMap<>();
  private volatile @Nullable EventFeed feed;
  private volatile boolean stopping;
  private volatile long behind;
  private volatile int heldHosts;

  // Of the run's own thread.
  private boolean again;
  private DeliveryState state = new DeliveryState();
  private @Nullable Deliveries<HeardEvent> core;
  private Map<Count, Long> counted = Map.of();
  private long scannedAt;
  private long askedAt;
  private long savedAt = System.nanoTime();

  private WatcherRun(Watcher watcher, Shared shared, Journal journal) {
    this.watcher = watcher;
    this.settings = watcher.settings();
    this.shared = shared;
    this.journal = journal;
    this.pacer = new Pacer(watcher.definition().ratePerSecond());
    this.thread =
        Thread.ofVirtual().name("faultline-watcher-" + watcher.name()).unstarted(this::run);
  }

  /** Everything that is kept of its deliveries has been read by now. */
  static WatcherRun start(Watcher watcher, Shared shared, Journal journal) {
    WatcherRun run = new WatcherRun(watcher, shared, journal);
    run.thread.start();
    return run;
  }

  Watcher watcher() {
    return watcher;
  }

  /** Records of the logs that it has not read yet. */
  long behind() {
    return behind;
  }

  /** Hosts that wait for a try or are behind. */
  int heldHosts() {
    return heldHosts;
  }

  void stop() {
    stopping = true;
    wake();
  }

  /** Waits until nothing is delivered any more, but not for ever. */
  void awaitStopped(Duration longest) throws InterruptedException {
    if (!thread.join(longest)) {
      thread.interrupt();
    }
  }

  private void wake() {
    EventFeed reading = feed;
    if (reading != null) {
      reading.wake();
    }
    LockSupport.unpark(thread);
  }

  private void run() {
    while (!stopping && !journal.hasFailed()) {
      try {
        begin();
        if (isDisabled()) {
          return;
        }
        follow();
      } catch (InterruptedException e) {
        return;
      } catch (UnreachableException e) {
        log.debug("{} waits: {}", watcher, e.getMessage());
        pause();
      } catch (RuntimeException e) {
        log.error("{} failed and begins again", watcher, e);
        pause();
      }
      forget();
    }
  }

  /** Memory may be ahead of what is kept, or wrong; what is kept counts. */
  private void forget() {
    Deliveries<HeardEvent> failed = core;
    core = null;
    state = new DeliveryState();
    if (failed != null) {
      journal.append(watcher.name(), failed.take().facts(), List.of());
    }
    journal.flush();
  }

  private void pause() {
    LockSupport.parkNanos(TRY_AGAIN.toNanos());
  }

  private boolean isDisabled() {
    Long disabled = state.head().disabled();
    return disabled != null && disabled == watcher.revision();
  }

  /** From what is kept, or anew. */
  private void begin() {
    if (again) {
      shared.store().deliveries().awaitCurrent();
    }
    again = true;
    state = shared.store().state(watcher);
    String replay = watcher.replay() == null ? null : watcher.replay().id();
    if (state.isNew()) {
      forgetOthers();
      keep(Deliveries.begin(watcher.id(), replay, start(watcher.start())));
    } else if (watcher.replay() != null && !watcher.replay().id().equals(state.head().replay())) {
      keep(Deliveries.replay(state, watcher.replay().id(), start(watcher.replay().from())));
    }
    Place kept = state.head().place();
    boolean gone = shared.hub().now().fingerprint() != kept.fingerprint();
    if (gone) {
      // Other topics: no offset means anything any more.
      kept = place(shared.hub().resolve(new From.Beginning()));
      keep(Deliveries.replay(state, state.head().replay(), kept));
    }
    Deliveries<HeardEvent> deliveries =
        new Deliveries<>(state, settings, shared.hub().partitions());
    core = deliveries;
    counted = state.head().counts();
    inbox.clear();
    if (gone) {
      deliveries.gone(kept, now());
    }
  }

  private Place start(String text) {
    return place(shared.hub().resolve(From.parse(text)));
  }

  /** What another watcher of that name left. */
  private void forgetOthers() {
    Map<String, byte @Nullable []> gone = new LinkedHashMap<>();
    shared
        .store()
        .deliveries()
        .under(WatcherTopics.key(watcher.name(), ""))
        .keySet()
        .forEach(key -> gone.put(key, null));
    journal.append(gone, List.of());
  }

  private void keep(List<Fact<DeliveryFact>> facts) {
    facts.forEach(state::evolve);
    journal.append(watcher.name(), facts, List.of());
  }

  private Deliveries<HeardEvent> core() {
    Deliveries<HeardEvent> running = core;
    if (running == null) {
      throw new IllegalStateException("not begun");
    }
    return running;
  }

  private Instant now() {
    return shared.clock().instant();
  }

  private void follow() throws InterruptedException {
    try (EventFeed reading =
        shared
            .hub()
            .open(
                new From.After(cursor(core().main())),
                heard -> settings.concerns(heard.layer(), heard.event()),
                EventFeed.WhenSlow.READ_AGAIN,
                QUEUE)) {
      feed = reading;
      while (!stopping && !isDisabled() && !journal.hasFailed()) {
        work();
        if (!core().wantsMore(now())) {
          LockSupport.parkNanos(SHORTEST_WAIT.toNanos());
          continue;
        }
        Step step = reading.next(Duration.ZERO);
        if (step instanceof Step.Idle && inbox.isEmpty()) {
          act();
          step = reading.next(untilDue());
        }
        take(step, reading);
      }
      finish();
    } finally {
      feed = null;
    }
  }

  /** What has come to its end, and what time has brought. */
  private void work() {
    for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
      next.run();
    }
    Instant now = now();
    core().tick(now);
    long nanos = System.nanoTime();
    if (nanos - scannedAt > SCAN_NANOS) {
      scan(now);
      scannedAt = System.nanoTime();
    }
    if (nanos - askedAt > ASKED_NANOS) {
      askedAt = nanos;
      asked(now);
    }
    act();
  }

  private Duration untilDue() {
    Instant now = now();
    Instant due = core().nextDue(now);
    if (due == null) {
      return LONGEST_WAIT;
    }
    Duration wait = Duration.between(now, due);
    return wait.compareTo(SHORTEST_WAIT) < 0
        ? SHORTEST_WAIT
        : wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  private void take(Step step, EventFeed reading) {
    switch (step) {
      case Step.Heard heard -> {
        HeardEvent event = heard.event();
        Place after = place(heard.cursor());
        core().heard(waiting(heard, after), event.layer(), event.event(), after, now());
        savedAt = System.nanoTime();
      }
      case Step.Idle _, Step.Overflowed _ -> {
        if (System.nanoTime() - savedAt > SAVE_NANOS) {
          savedAt = System.nanoTime();
          core().passed(place(reading.position()));
        }
      }
      case Step.Resync resync -> core().gone(place(resync.cursor()), now());
      case Step.Ended _ -> throw new UnreachableException("the hub stopped");
    }
    behind = distance(reading.position());
    heldHosts = state.held().size();
  }

  private long distance(Cursor position) {
    Cursor end = shared.hub().now();
    if (position == end || position.fingerprint() != end.fingerprint()) {
      return 0;
    }
    long[] to = end.toArray();
    long records = 0;
    for (int slot = 0; slot < to.length; slot++) {
      records += Math.max(0, to[slot] - position.next(slot));
    }
    return records;
  }

  private Waiting<HeardEvent> waiting(Step.Heard heard, Place after) {
    int partitions = shared.hub().partitions();
    Event event = heard.event().event();
    return new Waiting<>(
        event.host(),
        heard.slot(),
        heard.offset(),
        event.id(),
        event.type().ceType(),
        after.of(heard.slot() % partitions, partitions),
        heard.event());
  }

  /** Reads again what held hosts missed: a piece of it. */
  private void scan(Instant now) {
    Scan scan = core().scan(now);
    if (scan == null) {
      return;
    }
    int[] events = {0};
    long[] bytes = {0};
    try {
      Reread reread =
          shared
              .hub()
              .readAgain(
                  cursor(scan.from()),
                  cursor(scan.to()),
                  heard -> {
                    HeardEvent event = heard.event();
                    if (scan.hosts().contains(event.event().host())
                        && settings.concerns(event.layer(), event.event())) {
                      Place after = place(heard.cursor());
                      core().scanned(waiting(heard, after), event.layer(), event.event(), now);
                      bytes[0] += event.sizeBytes();
                      return ++events[0] < SCAN_EVENTS && bytes[0] < SCAN_BYTES;
                    }
                    return true;
                  });
      switch (reread) {
        case Reread.Done done -> core().scanEnded(scan, place(done.reached()));
        case Reread.Gone gone -> core().scanGone(scan, place(gone.earliest()), now);
      }
    } catch (UnreachableException e) {
      log.debug("{} reads again later: {}", watcher, e.getMessage());
      core().scanEnded(scan, scan.from());
    }
  }

  /** What somebody asked for. */
  private void asked(Instant now) {
    String prefix = WatcherTopics.key(watcher.name(), WatcherTopics.RESEND);
    for (String key : shared.store().deliveries().under(prefix).keySet()) {
      DeliveryFact.Dead dead = state.dead().get(Long.parseLong(key.substring(prefix.length())));
      if (dead != null) {
        core().resend(dead, now);
      }
      // In the same step: it is done once.
      alongside.put(key, null);
    }
  }

  /** Writes and does what was decided. */
  private void act() {
    Deliveries.Decided<HeardEvent> decided = core().take();
    write(decided);
    for (Output<HeardEvent> output : decided.outputs()) {
      switch (output) {
        case Output.SendEvent<HeardEvent> send -> send(send);
        case Output.SendNotice<HeardEvent> send -> send(send);
        case Output.BuryEvent<HeardEvent> _, Output.BuryNotice<HeardEvent> _ -> {}
      }
    }
    count();
  }

  private void write(Deliveries.Decided<HeardEvent> decided) {
    List<ProducerRecord<String, byte[]>> dead = new ArrayList<>();
    for (Output<HeardEvent> output : decided.outputs()) {
      switch (output) {
        case Output.BuryEvent<HeardEvent> bury ->
            dead.add(buried(Message.of(bury.waiting().event()), bury.tries(), bury.reason()));
        case Output.BuryNotice<HeardEvent> bury -> {
          Content content = bury.notice().content();
          if (content != null) {
            Message message = Message.of(bury.notice(), content, watcher.name());
            dead.add(buried(message, bury.tries(), bury.reason()));
          }
        }
        case Output.SendEvent<HeardEvent> _, Output.SendNotice<HeardEvent> _ -> {}
      }
    }
    Map<String, byte @Nullable []> all = new LinkedHashMap<>(alongside);
    alongside.clear();
    for (Fact<DeliveryFact> fact : decided.facts()) {
      DeliveryFact value = fact.value();
      all.put(
          WatcherTopics.key(watcher.name(), fact.key()),
          value == null ? null : Journal.CODEC.encode(value));
    }
    journal.append(all, dead);
  }

  private void count() {
    Head head = state.head();
    if (head.counts() != counted) {
      head.counts()
          .forEach((of, now) -> shared.meters().risen(of, now - counted.getOrDefault(of, 0L)));
      counted = head.counts();
    }
  }

  private ProducerRecord<String, byte[]> buried(Message message, int tries, String reason) {
    Headers headers = new RecordHeaders(message.headers().toArray());
    headers.add("faultline_layer", "notifier".getBytes(UTF_8));
    headers.add("faultline_source", ("watchers/" + watcher.name()).getBytes(UTF_8));
    headers.add("faultline_reason", (reason + ", after " + tries + " tries").getBytes(UTF_8));
    return new ProducerRecord<>(WatcherTopics.DEAD, null, message.host(), message.data(), headers);
  }

  private void send(Output.SendEvent<HeardEvent> send) {
    call(
        send.attempt(),
        () -> shared.sinks().send(watcher, Message.of(send.waiting().event())),
        (end, chance) -> core().sent(send.waiting(), end, chance, now()));
  }

  private void send(Output.SendNotice<HeardEvent> send) {
    call(
        send.attempt(),
        () -> said(send.notice()),
        (end, chance) -> core().noticed(send.notice(), end, chance, now()));
  }

  private TryEnd said(Notice notice) {
    Content content = notice.content();
    Ref ref = notice.ref();
    if (content != null) {
      return shared.sinks().send(watcher, Message.of(notice, content, watcher.name()));
    }
    HeardEvent event = ref == null ? null : again(ref);
    return event == null
        ? new TryEnd(
            TryEnd.Outcome.FAILED, now(), 0, null, "retention has removed the event", null, null)
        : shared.sinks().send(watcher, Message.of(event));
  }

  /** One event out of the log; null if it is gone. */
  private @Nullable HeardEvent again(Ref ref) {
    Cursor end = shared.hub().now();
    if (end.fingerprint() != ref.fingerprint()) {
      return null;
    }
    long[] from = end.toArray();
    long[] to = end.toArray();
    from[ref.slot()] = ref.offset();
    to[ref.slot()] = ref.offset() + 1;
    HeardEvent[] found = {null};
    shared
        .hub()
        .readAgain(
            new Cursor(ref.fingerprint(), from),
            new Cursor(ref.fingerprint(), to),
            heard -> {
              if (heard.offset() == ref.offset()) {
                found[0] = heard.event();
              }
              return true;
            });
    return found[0];
  }

  private interface Trying {
    TryEnd run();
  }

  private interface Ended {
    void with(TryEnd end, double chance);
  }

  private void call(int attempt, Trying trying, Ended ended) {
    Deliveries<HeardEvent> of = core();
    calling.incrementAndGet();
    Thread.ofVirtual()
        .name("faultline-call-" + watcher.name())
        .start(
            () -> {
              TryEnd end = tried(attempt, trying);
              inbox.add(
                  () -> {
                    if (core == of) {
                      ended.with(end, ThreadLocalRandom.current().nextDouble());
                    }
                  });
              calling.decrementAndGet();
              wake();
            });
  }

  private TryEnd tried(int attempt, Trying trying) {
    Instant now = now();
    TryEnd end;
    try {
      pacer.await();
      end = trying.run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      end = failed(now, "interrupted");
    } catch (RuntimeException e) {
      log.warn("a call to {} could not be made", watcher, e);
      end = failed(now, e.toString());
    }
    DeliveryMeters meters = shared.meters();
    meters.tries().increment();
    meters.time().record(end.durationMillis(), TimeUnit.MILLISECONDS);
    if (attempt > 1) {
      meters.retries().increment();
    }
    if (end.outcome() != TryEnd.Outcome.TAKEN) {
      meters.failures().increment();
    }
    return end;
  }

  private static TryEnd failed(Instant now, String why) {
    return new TryEnd(TryEnd.Outcome.FAILED, now, 0, null, why, null, null);
  }

  /** Lets calls that are under way come to their end, so that they need not be made again. */
  private void finish() {
    long until = System.nanoTime() + FINISH_NANOS;
    while (calling.get() > 0 && System.nanoTime() < until && !journal.hasFailed()) {
      for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
        next.run();
      }
      write(core().take());
      LockSupport.parkNanos(SHORTEST_WAIT.toNanos());
    }
    for (Runnable next = inbox.poll(); next != null; next = inbox.poll()) {
      next.run();
    }
    write(core().take());
  }

  private static Place place(Cursor cursor) {
    return new Place(cursor.fingerprint(), cursor.toArray());
  }

  private static Cursor cursor(Place place) {
    return new Cursor(place.fingerprint(), place.next());
  }
}
