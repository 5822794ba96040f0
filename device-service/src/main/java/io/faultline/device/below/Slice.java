package io.faultline.device.below;

import io.faultline.device.below.JournalRecord.Entry;
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
import io.faultline.device.core.DeviceState;
import io.faultline.device.core.Keys;
import io.faultline.device.core.UnplugMode;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventData;
import io.faultline.events.Json;
import io.faultline.events.Origin;
import io.faultline.events.RemovalAck;
import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
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
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
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

  /**
   * By how much the generations of a host go on after an unknown number of them was lost: more than
   * any device was ever plugged, and little beside 2^53.
   */
  private static final long GENERATIONS_LEAP = 1L << 32;

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
    PublishedMark.Marked marked = mark.read();
    Loader loader = new Loader(marked.published());
    this.journal = Journal.open(folder.journal(), settings.journalSegmentBytes(), marked, loader);
    this.sequence = loader.sequence;
    long appended = journal.appended();
    this.backlog =
        new Backlog(
            mark,
            new PublishedMark.Marked(Math.min(marked.published(), appended), appended),
            position -> unpublished(journal.read(position)),
            settings.publishWindowBytes());
    loader.unpublished.forEach(backlog::add);
    openMedia(loader);
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
    return isBacklogFull() ? Problem.unavailable(overload()) : null;
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
          .filter(
              slot ->
                  !slot.getValue().state().devices().isEmpty()
                      || !slot.getValue().damaged().isEmpty())
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
   * @param commandId the same id is answered the same and carried out once, and refused with
   *     another command; null if it never comes again
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
    String fingerprint = commandId == null ? null : KeptAnswer.fingerprint(command);
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      KeptAnswer kept = slot == null || commandId == null ? null : slot.answer(commandId);
      if (kept != null && commandId != null) {
        reply = kept.reply(commandId, fingerprint);
      } else if (slot != null && damaged(slot, command) instanceof Problem damaged) {
        reply = refused(damaged);
      } else if (isBacklogFull()) {
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
                  : known.keeping(commandId, fingerprint, reply, settings.keptAnswers());
          committed = commit(host, known, stamp, decision, keeping, traceparent);
        }
      }
      number = journal.appended();
    } catch (NoRoomException e) {
      return refused(noRoom(e));
    } catch (EntryTooLargeException e) {
      return refused(e.problem());
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

  private boolean isBacklogFull() {
    return Math.max(backlog.size(), backlog.entries()) >= settings.unpublishedEvents();
  }

  /** Why a command is refused whatever it wants; null if all its devices are well. */
  private static @Nullable Problem damaged(HostSlot slot, DeviceCommand command) {
    for (String device : devicesOf(command)) {
      Damage damage = slot.damaged().get(device);
      if (damage != null) {
        return damage.problem(slot.host(), device);
      }
    }
    return null;
  }

  private static List<String> devicesOf(DeviceCommand command) {
    return switch (command) {
      case DeviceCommand.Create create -> List.of(create.device());
      case DeviceCommand.Delete delete -> List.of(delete.device());
      case DeviceCommand.Inject inject -> List.of(inject.device());
      case DeviceCommand.Discover discover -> List.of(discover.device());
      case DeviceCommand.Heal heal -> List.of(heal.device());
      case DeviceCommand.Scrub scrub -> List.of(scrub.device());
      case DeviceCommand.StopScrub stop -> List.of(stop.device());
      case DeviceCommand.Unplug unplug -> unplug.devices();
      case DeviceCommand.Plug plug -> List.of(plug.device());
      case DeviceCommand.Claim claim -> List.of(claim.device());
      case DeviceCommand.Release release -> List.of(release.device());
    };
  }

  /** The damaged devices of a host and what is wrong with them. */
  public SortedMap<String, Damage> damaged(String host) {
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      return slot == null ? new TreeMap<>() : new TreeMap<>(slot.damaged());
    } finally {
      turn.unlock();
    }
  }

  /** All damaged devices, {@code host/device} each. */
  public List<String> damagedDevices() {
    List<String> all = new ArrayList<>();
    turn.lock();
    try {
      slots
          .values()
          .forEach(
              slot ->
                  slot.damaged().keySet().forEach(device -> all.add(slot.host() + "/" + device)));
      return all;
    } finally {
      turn.unlock();
    }
  }

  /** The damaged devices of a host as they are listed, ascending by name. */
  public List<Map<String, @Nullable Object>> damagedViews(String host) {
    List<Map<String, @Nullable Object>> views = new ArrayList<>();
    damaged(host).keySet().forEach(device -> views.add(damagedView(host, device)));
    return views;
  }

  /** A damaged device as it is listed, with what is known of it; empty if it is not damaged. */
  public Map<String, @Nullable Object> damagedView(String host, String device) {
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      Damage damage = slot == null ? null : slot.damaged().get(device);
      return slot == null || damage == null ? Map.of() : damage.view(device, slot.bound(device));
    } finally {
      turn.unlock();
    }
  }

  /** Why a device is not there: it is damaged, or there is none. */
  public Problem notThere(String host, String device) {
    Damage damage = damaged(host).get(device);
    return damage == null
        ? DeviceProblems.unknownDevice(host, device)
        : damage.problem(host, device);
  }

  /**
   * Forgets a damaged device with all that is left of it, whoever claims it. The generations of the
   * host go on far above all that the lost entries may have used.
   */
  public Reply giveUp(String host, String device, @Nullable String traceparent) {
    long number;
    turn.lock();
    try {
      HostSlot slot = slots.get(host);
      Damage damage = slot == null ? null : slot.damaged().get(device);
      if (slot == null || damage == null) {
        return refused(
            slot == null || slot.state().device(device) == null
                ? DeviceProblems.unknownDevice(host, device)
                : Problem.conflict(
                    "not-damaged",
                    "The device is not damaged",
                    "device "
                        + device
                        + " is not damaged; DELETE without ?damaged=true forgets it"));
      }
      Stamp stamp = stamp(host);
      Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
      Bound bound = slot.bound(device);
      long highest = Math.max(slot.highestGeneration(), bound == null ? 0 : bound.generation());
      decision.fact(
          Keys.GENERATIONS,
          new DeviceFact.Generations(damage.medium() ? highest : highest + GENERATIONS_LEAP));
      slot.keysOf(device).forEach(decision::gone);
      decision.publish(
          source(host, device),
          new DeviceEvent.DeviceRemoved(host, device, null, "deleted", true),
          null,
          null);
      List<StoredFact> whole = List.of(new StoredFact(Damage.KEY + device, null));
      commit(host, slot, stamp, decision.build(), whole, traceparent);
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
    media.removeAll(host, device);
    return new Reply(204, "", new byte[0]);
  }

  private static String source(String host, String device) {
    return "/hosts/" + host + "/devices/" + device;
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
    return Math.max(backlog.size(), backlog.entries())
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
    if (decision.facts().isEmpty() && events.isEmpty() && more.isEmpty()) {
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
    Journal.Appended appended = append(entry, created);
    if (appended.rotated()) {
      snapshotLater();
    }
    slots.putIfAbsent(host, slot);
    facts.forEach(slot::apply);
    sequence += events.size();
    backlog.add(waiting(entry, appended.position()));
    return committed;
  }

  private Journal.Appended append(Entry entry, TreeMap<String, Bound> created) {
    byte[] frame = Frames.encode(entry, journal.durable(), sequence);
    if (frame.length > settings.entryBytes()) {
      throw new EntryTooLargeException(frame.length, settings.entryBytes());
    }
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
      return journal.append(frame);
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

  private static Backlog.Waiting waiting(Entry entry, JournalPosition position) {
    return new Backlog.Waiting(
        entry.number(), entry.host(), Frames.devices(entry), entry.events().size(), position);
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
    return new Backlog.Unpublished(
        entry.number(), entry.host(), events, new TreeSet<>(Frames.devices(entry)));
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

  /** Returns when no snapshot is on its way. */
  void awaitSnapshots() throws InterruptedException, ExecutionException {
    snapshots.submit(() -> {}).get();
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

  /** Opens the media, and takes out every device of which something is lost. */
  private void openMedia(Loader loader) {
    Map<String, Set<String>> refused = new HashMap<>();
    try {
      for (HostSlot slot : List.copyOf(slots.values())) {
        for (Device device : slot.state().devices()) {
          String wrong = reopen(slot, device.name(), device.bound());
          if (wrong != null) {
            mediumLost(slot, device, wrong);
          }
        }
        slot.damaged().entrySet().stream()
            .filter(damaged -> damaged.getValue().medium())
            .map(Map.Entry::getKey)
            .toList()
            .forEach(device -> lookAgain(slot, device));
        loader.lost(slot).forEach((device, damage) -> entriesLost(slot, device, damage));
        if (loader.hostsLost.containsKey(slot.host())) {
          leap(slot);
        }
        slot.damaged()
            .forEach(
                (device, damage) -> log.error("{}", damage.problem(slot.host(), device).detail()));
        refused.put(slot.host(), slot.damaged().keySet());
      }
      force(journal.appended());
      media.deleteStrays(refused);
    } catch (IOException e) {
      throw new SliceException("media of slice folder " + folder.path() + ": " + e, e);
    } catch (NoRoomException e) {
      throw new SliceException(
          "there is no room to note which devices are damaged: " + e.getMessage(), e);
    }
  }

  private @Nullable String reopen(HostSlot slot, String device, Bound bound) {
    return media.reopen(slot.host(), device, bound.createdGeneration(), bound.sizeBytes());
  }

  /** To the layers above the device is gone; it can be plugged again once its file is back. */
  private void mediumLost(HostSlot slot, Device device, String wrong) {
    Stamp stamp = stamp(slot.host());
    String file = MediaStore.name(slot.host(), device.name(), device.bound().createdGeneration());
    Damage damage = new Damage(file, 0, wrong, true, stamp.now());
    DeviceCommand gone =
        new DeviceCommand.Unplug(List.of(device.name()), UnplugMode.SURPRISE, Duration.ZERO);
    Decision<DeviceFact> decision =
        core.decide(slot.state(), new Input.Commanded<>(stamp, stamp.newId(), gone));
    commit(
        slot.host(), slot, stamp, decision, List.of(HostSlot.stored(device.name(), damage)), null);
  }

  private void lookAgain(HostSlot slot, String device) {
    Bound bound = slot.bound(device);
    if (bound != null && reopen(slot, device, bound) == null) {
      log.info("the medium of device {} of host {} is back; plug it", device, slot.host());
      List<StoredFact> whole = List.of(new StoredFact(Damage.KEY + device, null));
      commit(slot.host(), slot, stamp(slot.host()), Decision.nothing(), whole, null);
    }
  }

  /** To the layers above the device is gone, for ever. */
  private void entriesLost(HostSlot slot, String device, Damage damage) {
    Stamp stamp = stamp(slot.host());
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    Bound bound = slot.bound(device);
    if (bound != null && bound.state() != DeviceState.REMOVED) {
      Extents whole = Extents.of(new SectorRange(0, bound.sizeBytes() / Device.SECTOR_BYTES));
      decision.publish(
          source(slot.host(), device),
          new BlockEvent.CorruptedRange(
              slot.host(),
              device,
              whole,
              true,
              Cause.DEVICE_REMOVED,
              Origin.of(device, whole),
              0,
              true),
          stamp.newId(),
          null);
    }
    commit(
        slot.host(), slot, stamp, decision.build(), List.of(HostSlot.stored(device, damage)), null);
  }

  /** How far the host's generations had come is lost: they go on above whatever that was. */
  private void leap(HostSlot slot) {
    Stamp stamp = stamp(slot.host());
    long highest = slot.highestGeneration();
    for (String device : slot.devices()) {
      Bound bound = slot.bound(device);
      highest = Math.max(highest, bound == null ? 0 : bound.generation());
    }
    Decision.Builder<DeviceFact> decision = Decision.builder(stamp);
    decision.fact(Keys.GENERATIONS, new DeviceFact.Generations(highest + GENERATIONS_LEAP));
    commit(slot.host(), slot, stamp, decision.build(), List.of(), null);
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
  private final class Loader implements JournalRecovery.Replay {
    private final long marked;
    private final List<Backlog.Waiting> unpublished = new ArrayList<>();

    /** Host to what is wrong with its facts as a whole. */
    private final Map<String, Damage> hostsLost = new HashMap<>();

    /** Host to devices of which something is lost, where that is not written down yet. */
    private final Map<String, TreeMap<String, Damage>> devicesLost = new HashMap<>();

    private long sequence;

    Loader(long marked) {
      this.marked = marked;
    }

    @Override
    public void snapshot(long number, long lastSequence) {
      sequence = lastSequence;
    }

    @Override
    public void snapshotFact(SnapshotFact fact) {
      apply(fact.host(), fact.fact());
    }

    @Override
    public void entry(Entry entry, JournalPosition position, boolean inSnapshot) {
      if (!inSnapshot) {
        entry.facts().forEach(fact -> apply(entry.host(), fact));
        sequence += entry.events().size();
      }
      if (entry.number() > marked) {
        unpublished.add(waiting(entry, position));
      }
    }

    private void apply(String host, StoredFact fact) {
      slot(host).apply(fact);
      if (fact.key().startsWith(Damage.KEY)) {
        lostOf(host).remove(fact.key().substring(Damage.KEY.length()));
      }
    }

    @Override
    public void lost(FrameHeader header, String file, long offsetBytes, boolean inSnapshot) {
      if (!inSnapshot) {
        sequence += header.events();
      } else if (header.number() <= marked) {
        log.warn("{} is damaged at byte {}, where nobody needs it any more", file, offsetBytes);
        return;
      }
      Damage damage =
          new Damage(file, offsetBytes, "is damaged in both copies", false, clock.instant());
      if (header.devices().isEmpty()) {
        hostsLost.put(header.host(), damage);
      }
      for (String device : header.devices()) {
        if (!slot(header.host()).damaged().containsKey(device)) {
          slot(header.host()).takeOut(device, damage);
          lostOf(header.host()).put(device, damage);
        }
      }
    }

    /** What is lost of a host's devices and not written down yet. */
    Map<String, Damage> lost(HostSlot slot) {
      Damage ofAll = hostsLost.get(slot.host());
      if (ofAll != null) {
        for (String device : slot.devices()) {
          if (!slot.damaged().containsKey(device)) {
            lostOf(slot.host()).put(device, ofAll);
          }
        }
      }
      return lostOf(slot.host());
    }

    private TreeMap<String, Damage> lostOf(String host) {
      return devicesLost.computeIfAbsent(host, name -> new TreeMap<>());
    }

    private HostSlot slot(String host) {
      return slots.computeIfAbsent(host, name -> new HostSlot(name, core));
    }
  }
}
