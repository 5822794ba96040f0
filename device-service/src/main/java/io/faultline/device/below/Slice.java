package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.Entry;
import io.faultline.device.below.JournalRecord.SnapshotBegins;
import io.faultline.device.below.JournalRecord.SnapshotFact;
import io.faultline.device.below.JournalRecord.StoredEvent;
import io.faultline.device.below.JournalRecord.StoredFact;
import io.faultline.device.core.AckVerdict;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceCore;
import io.faultline.device.core.DeviceFact;
import io.faultline.device.core.DeviceFact.Bound;
import io.faultline.device.core.DeviceHost;
import io.faultline.device.core.DeviceProblems;
import io.faultline.device.core.Keys;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.Json;
import io.faultline.events.RemovalAck;
import io.faultline.events.Ulids;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.Output;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A slice: the devices of the hosts that this process emulates. The shell of {@link DeviceCore},
 * and the hardware at once.
 *
 * <p>An input goes this way:
 *
 * <pre>
 * turn held:      decide, append to the journal, evolve, put the events on the backlog
 * turn given up:  force the journal (many callers share one force), answer
 * afterwards:     the publisher finds the events on the backlog
 * </pre>
 *
 * <p>One turn for the whole slice, because its journal has one order and a decision takes
 * microseconds; what takes long (forcing, moving bytes, Kafka) is done outside. Whoever has read
 * something waits, before he tells it, until what he has read is on the disk, so that nothing that
 * was told vanishes in a crash.
 */
public final class Slice implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Slice.class);
  private static final SealedCodec<EventData> EVENT_DATA = new SealedCodec<>(EventData.class);

  /** A larger answer is not kept: the same id is then carried out again. */
  private static final int MAX_KEPT_ANSWER_BYTES = 64 * 1024;

  private final SliceFolder folder;
  private final DeviceCore core;
  private final SliceSettings settings;
  private final InstantSource clock;
  private final MediaStore media;
  private final Journal journal;
  private final Backlog backlog;
  private final ReentrantLock turn = new ReentrantLock();
  private final TreeMap<String, HostSlot> slots = new TreeMap<>();
  private final ExecutorService snapshots;
  private final AtomicBoolean snapshotWaits = new AtomicBoolean();
  private final long processSeed = new SecureRandom().nextLong();
  private long inputs;
  private long sequence;
  private boolean closed;

  private Slice(SliceFolder folder, DeviceCore core, SliceSettings settings, InstantSource clock) {
    this.folder = folder;
    this.core = core;
    this.settings = settings;
    this.clock = clock;
    this.media = new MediaStore(folder.media(), settings.mediaBytes());
    PublishedMark mark = PublishedMark.open(folder.path().resolve("published"));
    long marked = mark.read();
    Loader loader = new Loader(marked);
    this.journal = Journal.open(folder.journal(), settings.journalSegmentBytes(), loader);
    this.sequence = loader.sequence;
    long published = Math.min(marked, journal.appended());
    this.backlog = new Backlog(mark, journal.appended(), published);
    loader.unpublished.forEach(backlog::add);
    openMedia();
    this.snapshots =
        Executors.newSingleThreadExecutor(
            task -> {
              Thread thread = new Thread(task, "faultline-device-snapshot");
              thread.setDaemon(true);
              return thread;
            });
  }

  /**
   * Takes the folder and goes on where it was left; makes it if it is not there.
   *
   * @throws SliceException if it cannot be used; one line says why
   */
  public static Slice open(
      Path path, DeviceCore core, SliceSettings settings, InstantSource clock) {
    SliceFolder folder = SliceFolder.open(path, clock.instant(), new SecureRandom().nextLong());
    try {
      return new Slice(folder, core, settings, clock);
    } catch (RuntimeException e) {
      folder.close();
      throw e;
    }
  }

  /** The log that the events of this slice are numbered in. */
  public String sliceId() {
    return folder.sliceId();
  }

  public Backlog backlog() {
    return backlog;
  }

  /** Why a change would be refused just now, whatever it is; null while all is well. */
  @Nullable Problem refusesChanges() {
    String failure = failure();
    if (failure != null) {
      return Problem.unavailable(failure);
    }
    return backlog.size() >= settings.unpublishedEvents() ? Problem.unavailable(overload()) : null;
  }

  /** Why no change is possible any more; null while all is well. */
  public @Nullable String failure() {
    return journal.failure();
  }

  /** The hosts that have devices. */
  public List<String> hosts() {
    turn.lock();
    try {
      return slots.entrySet().stream()
          .filter(slot -> !slot.getValue().state().devices().isEmpty())
          .map(Map.Entry::getKey)
          .toList();
    } finally {
      turn.unlock();
    }
  }

  /** Whether a host has, or had, devices here. */
  public boolean has(String host) {
    turn.lock();
    try {
      return slots.containsKey(host);
    } finally {
      turn.unlock();
    }
  }

  /**
   * Looks at the devices of a host; a host of which nothing is known has none.
   *
   * @param look must not keep the state: it changes
   */
  public <T> T read(String host, Function<DeviceHost, T> look) {
    T seen;
    long number;
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      seen = look.apply(slot == null ? core.initial(host) : slot.state());
      number = journal.appended();
    } finally {
      turn.unlock();
    }
    force(number);
    return seen;
  }

  /**
   * Carries out a command.
   *
   * @param commandId the same id is answered the same and carried out once; null if it never comes
   *     again
   * @param traceparent goes with the events that follow from it
   */
  public Reply command(
      String host,
      DeviceCommand command,
      @Nullable String commandId,
      @Nullable String traceparent) {
    Reply reply;
    long number;
    Committed committed = Committed.NOTHING;
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      KeptAnswer kept = slot == null || commandId == null ? null : slot.answer(commandId);
      if (kept != null) {
        reply = kept.reply();
      } else if (backlog.size() >= settings.unpublishedEvents()) {
        reply = refused(Problem.unavailable(overload()));
      } else {
        HostSlot known = slot == null ? new HostSlot(host, core) : slot;
        Stamp stamp = stamp(host);
        String id = commandId == null ? UUID.randomUUID().toString() : commandId;
        Decision<DeviceFact> decision =
            core.decide(known.state(), new Input.Commanded<>(stamp, id, command));
        reply = reply(decision);
        if (slot == null && !decision.facts().isEmpty() && slots.size() >= settings.hosts()) {
          reply = refused(DeviceProblems.tooMany("hosts", settings.hosts(), "limits.hosts"));
        } else {
          List<StoredFact> keeping =
              commandId == null
                      || decision.facts().isEmpty()
                      || reply.body().length > MAX_KEPT_ANSWER_BYTES
                  ? List.of()
                  : known.keeping(
                      commandId,
                      reply.status(),
                      reply.contentType(),
                      reply.body(),
                      settings.keptAnswers());
          committed = commit(host, known, stamp, decision, keeping, traceparent);
        }
      }
      number = journal.appended();
    } catch (NoRoomException e) {
      return refused(noRoom(e));
    } catch (SliceException e) {
      return refused(Problem.unavailable(String.valueOf(e.getMessage())));
    } finally {
      turn.unlock();
    }
    try {
      force(number);
    } catch (SliceException e) {
      return refused(Problem.unavailable(String.valueOf(e.getMessage())));
    }
    forget(committed);
    return reply;
  }

  /** Hears an acknowledgement, durably. */
  public AckVerdict hear(Event event) {
    AckVerdict verdict = AckVerdict.UNKNOWN;
    long number;
    turn.lock();
    try {
      HostSlot slot = slots.get(event.host());
      if (slot != null && event.data() instanceof RemovalAck ack) {
        verdict = core.verdict(slot.state(), event.id(), ack);
        Stamp stamp = stamp(event.host());
        commit(
            event.host(),
            slot,
            stamp,
            core.decide(slot.state(), new Input.Heard<>(stamp, event)),
            List.of(),
            event.traceparent());
      }
      number = journal.appended();
    } finally {
      turn.unlock();
    }
    force(number);
    return verdict;
  }

  /** Lets the hosts whose time has come know. */
  public void tick() {
    long number;
    turn.lock();
    try {
      Instant now = clock.instant();
      for (var entry : slots.entrySet()) {
        Instant deadline = core.nextDeadline(entry.getValue().state());
        if (deadline != null && !now.isBefore(deadline)) {
          Stamp stamp = stamp(entry.getKey());
          Decision<DeviceFact> decision =
              core.decide(entry.getValue().state(), new Input.Ticked<>(stamp));
          commit(entry.getKey(), entry.getValue(), stamp, decision, List.of(), null);
        }
      }
      number = journal.appended();
    } finally {
      turn.unlock();
    }
    force(number);
  }

  /** The bytes of a device; null if there is no such device. */
  public @Nullable Media media(String host, String device) {
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      Device found = slot == null ? null : slot.state().device(device);
      return found == null ? null : media.find(host, device, found.bound().createdGeneration());
    } finally {
      turn.unlock();
    }
  }

  /** What a disk that is full answers. */
  static Problem noRoom(Exception e) {
    return new Problem("no-room", 507, "There is no room for more", String.valueOf(e.getMessage()));
  }

  static Reply refused(Problem problem) {
    return new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem));
  }

  private String overload() {
    return backlog.size()
        + " events wait to be published (faultline.device.limits.unpublished-events);"
        + " nothing was changed";
  }

  private Stamp stamp(String host) {
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    long seed = processSeed + 0x9E3779B97F4A7C15L * ++inputs;
    return new Stamp(now, host, new Ulids(now, seed), folder.sliceId(), sequence);
  }

  /** Media of devices that were deleted: their space comes back once that is on the disk. */
  private record Committed(String host, TreeMap<String, Long> deleted) {
    static final Committed NOTHING = new Committed("", new TreeMap<>());
  }

  /** Makes a decision so. Called in turn. */
  private Committed commit(
      String host,
      HostSlot slot,
      Stamp stamp,
      Decision<DeviceFact> decision,
      List<StoredFact> more,
      @Nullable String traceparent) {
    List<StoredEvent> events = storedEvents(decision, traceparent);
    if (decision.facts().isEmpty() && events.isEmpty()) {
      return Committed.NOTHING;
    }
    List<StoredFact> facts = new ArrayList<>();
    Committed committed = new Committed(host, new TreeMap<>());
    TreeMap<String, Bound> created = new TreeMap<>();
    for (Fact<DeviceFact> fact : decision.facts()) {
      facts.add(HostSlot.stored(fact));
      if (Keys.isDevice(fact.key())) {
        String name = Keys.deviceOf(fact.key());
        Device before = slot.state().device(name);
        if (before == null && fact.value() instanceof Bound bound) {
          created.put(name, bound);
        } else if (before != null && fact.value() == null) {
          committed.deleted().put(name, before.bound().createdGeneration());
        }
      }
    }
    facts.addAll(more);
    Entry entry = new Entry(journal.appended() + 1, host, stamp.now(), facts, events);
    if (append(entry, created)) {
      snapshotLater();
    }
    slots.putIfAbsent(host, slot);
    facts.forEach(slot::apply);
    sequence += events.size();
    backlog.add(unpublished(entry));
    return committed;
  }

  private boolean append(Entry entry, TreeMap<String, Bound> created) {
    List<String> made = new ArrayList<>();
    try {
      for (var each : created.entrySet()) {
        media.create(
            entry.host(),
            each.getKey(),
            each.getValue().createdGeneration(),
            each.getValue().sizeBytes());
        made.add(each.getKey());
      }
      return journal.append(entry);
    } catch (NoRoomException | SliceException e) {
      for (String device : made) {
        media.remove(
            entry.host(), device, Objects.requireNonNull(created.get(device)).createdGeneration());
      }
      throw e;
    }
  }

  private List<StoredEvent> storedEvents(
      Decision<DeviceFact> decision, @Nullable String traceparent) {
    List<StoredEvent> events = new ArrayList<>();
    for (Output output : decision.outputs()) {
      if (output instanceof Output.Publish publish) {
        events.add(
            new StoredEvent(
                publish.id(),
                publish.source(),
                publish.faultId(),
                publish.causationId(),
                sequence + events.size() + 1,
                traceparent,
                EVENT_DATA.encode(publish.data())));
      }
    }
    return events;
  }

  private Backlog.Unpublished unpublished(Entry entry) {
    List<Event> events = new ArrayList<>(entry.events().size());
    for (StoredEvent stored : entry.events()) {
      events.add(
          new Event(
              stored.id(),
              stored.source(),
              entry.time(),
              stored.faultId(),
              stored.causationId(),
              stored.sequence(),
              folder.sliceId(),
              stored.traceparent(),
              EVENT_DATA.decode(stored.data())));
    }
    Set<String> devices = new TreeSet<>();
    for (StoredFact fact : entry.facts()) {
      if (fact.key().charAt(0) != '#' && !Keys.deviceOf(fact.key()).isEmpty()) {
        devices.add(Keys.deviceOf(fact.key()));
      }
    }
    return new Backlog.Unpublished(entry.number(), entry.host(), events, devices);
  }

  private void force(long number) {
    journal.force(number);
    backlog.durable(journal.durable());
  }

  private void forget(Committed committed) {
    committed
        .deleted()
        .forEach((device, generation) -> media.remove(committed.host(), device, generation));
  }

  private static Reply reply(Decision<DeviceFact> decision) {
    for (Output output : decision.outputs()) {
      if (output instanceof Output.Reply reply) {
        return switch (reply.answer()) {
          case Answer.Done(int status, @Nullable Object body) ->
              body == null
                  ? new Reply(status, "", new byte[0])
                  : new Reply(status, "application/json", Json.LENIENT.writeValueAsBytes(body));
          case Answer.Text(int status, String contentType, String body) ->
              new Reply(status, contentType, body.getBytes(StandardCharsets.UTF_8));
          case Answer.Refused(Problem problem) -> refused(problem);
        };
      }
    }
    throw new IllegalStateException("a command was not answered");
  }

  private void snapshotLater() {
    if (snapshotWaits.compareAndSet(false, true)) {
      try {
        snapshots.execute(this::snapshot);
      } catch (RejectedExecutionException e) {
        log.debug("closing: no snapshot");
      }
    }
  }

  /** Writes all facts as they are now and drops what the journal has of older times. */
  synchronized void snapshot() {
    snapshotWaits.set(false);
    List<SnapshotFact> facts = new ArrayList<>();
    long number;
    long lastSequence;
    turn.lock();
    try {
      slots.values().forEach(slot -> slot.copyTo(facts));
      number = journal.appended();
      lastSequence = sequence;
    } finally {
      turn.unlock();
    }
    try {
      journal.snapshot(number, lastSequence, facts, backlog.published());
    } catch (IOException | SliceException e) {
      // The journal stays as it is, only longer; the next segment tries again.
      log.warn("no snapshot of slice {}: {}", folder.path(), e.toString());
    }
  }

  private void openMedia() {
    for (var slot : slots.entrySet()) {
      for (Device device : slot.getValue().state().devices()) {
        Bound bound = device.bound();
        media.reopen(slot.getKey(), device.name(), bound.createdGeneration(), bound.sizeBytes());
      }
    }
    try {
      media.deleteStrays();
    } catch (IOException e) {
      throw new SliceException("media of slice folder " + folder.path() + ": " + e, e);
    }
  }

  /** Ends; what is on the backlog is published after the next start. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      turn.unlock();
    }
    snapshots.shutdown();
    try {
      if (!snapshots.awaitTermination(10, TimeUnit.SECONDS)) {
        log.warn("a snapshot is still being written");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    journal.close();
    media.close();
    try {
      backlog.close();
    } catch (IOException e) {
      log.warn("closing the published mark: {}", e.toString());
    }
    folder.close();
  }

  /** Builds the state from the journal. */
  private final class Loader implements Journal.Replay {
    private final long marked;
    private final List<Backlog.Unpublished> unpublished = new ArrayList<>();
    private long sequence;

    Loader(long marked) {
      this.marked = marked;
    }

    @Override
    public void snapshotBegins(SnapshotBegins snapshot) {
      sequence = snapshot.sequence();
    }

    @Override
    public void snapshotFact(SnapshotFact fact) {
      slot(fact.host()).apply(fact.fact());
    }

    @Override
    public void entry(Entry entry, boolean inSnapshot) {
      if (!inSnapshot) {
        HostSlot slot = slot(entry.host());
        entry.facts().forEach(slot::apply);
        sequence += entry.events().size();
      }
      if (entry.number() > marked) {
        unpublished.add(unpublished(entry));
      }
    }

    private HostSlot slot(String host) {
      return slots.computeIfAbsent(host, name -> new HostSlot(name, core));
    }
  }
}
