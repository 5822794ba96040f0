package io.faultline.device.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.MfMemPreRemove;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent.DevicePlugged;
import io.faultline.events.DeviceEvent.DeviceRemoved;
import io.faultline.events.Event;
import io.faultline.events.RemovalAck;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Random interleavings of everything that can meet a removal, against a model that knows what
 * nobody in the real world knows at once: whose credit every note is.
 */
class RemovalWalkTest {

  private static final List<String> DEVICES = List.of("a", "b", "c");
  private static final List<String> HOLDERS = List.of("dm:u", "dm:v", "dm:w");
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final long ALL = (1L << 53) - 1;

  @Test
  void everyRemovalEndsOnceAndCreditIsConserved() {
    Seeds.forAll(
        Boolean.getBoolean("faultline.long") ? 40 : 2,
        gen -> {
          Walk walk = new Walk(gen);
          for (int step = 0; step < 10 + 5 * gen.size(); step++) {
            walk.step();
            walk.check();
            if (step % 8 == 0) {
              walk.checkAll();
            }
          }
          walk.checkAll();
        });
  }

  /** A piece of a share, somewhere above the device. */
  private record Note(String device, String removalId, String root, long credit) {}

  /** A removal of one device as the model knows it. */
  private static final class Leaving {
    final String id;
    final Instant since;
    final Set<String> asked = new TreeSet<>();
    final Set<String> letGo = new TreeSet<>();
    boolean announced;
    boolean ended;
    long delivered;

    Leaving(String id, Instant since) {
      this.id = id;
      this.since = since;
    }
  }

  private static final class ModelDevice {
    DeviceState state = DeviceState.ACTIVE;
    long generation = 1;
    final Set<String> claims = new TreeSet<>();
    @Nullable Leaving leaving;

    Leaving leaving() {
      return Objects.requireNonNull(leaving);
    }
  }

  private static final class Walk {
    private final Gen gen;
    private final CoreHarness<DeviceHost, DeviceCommand, DeviceFact> harness =
        new CoreHarness<>(
            "device",
            new DeviceCore(
                new Limits(4, 1L << 40, 10_000, 10_000, 3, 3, Duration.ofHours(1), 10_000)),
            new SealedCodec<>(DeviceCommand.class),
            new SealedCodec<>(DeviceFact.class),
            "local");
    private final Map<String, ModelDevice> model = new TreeMap<>();
    private final List<Note> notes = new ArrayList<>();
    private final List<Event> delivered = new ArrayList<>();
    private final List<String> removals = new ArrayList<>();
    private int acks;

    Walk(Gen gen) {
      this.gen = gen;
      for (String device : DEVICES) {
        expect(201, new DeviceCommand.Create(device, "nvme", 1 << 20, null, null));
        model.put(device, new ModelDevice());
      }
    }

    void step() {
      String name = DEVICES.get(gen.below(DEVICES.size()));
      String holder = HOLDERS.get(gen.below(HOLDERS.size()));
      switch (gen.below(16)) {
        case 0, 1, 2 -> claim(name, holder);
        case 3 -> release(name, holder);
        case 4, 5 -> unplug(UnplugMode.PLANNED);
        case 6 -> unplug(UnplugMode.SURPRISE);
        case 7 -> unplug(UnplugMode.ORDERLY);
        case 8, 9 -> plug(name);
        case 10, 11, 12 -> deliver();
        case 13 -> deliverWhatIsNone(name);
        case 14 -> pass(Duration.ofSeconds(gen.below(20)));
        default -> {
          int status = model(name).state == DeviceState.REMOVED ? 409 : 202;
          expect(status, new DeviceCommand.Inject(name, gen.below(2000), 8, true, null));
          harness.restart();
        }
      }
      gone();
    }

    private void claim(String name, String holder) {
      ModelDevice device = model(name);
      boolean may = device.state == DeviceState.ACTIVE;
      expect(may ? 200 : 409, new DeviceCommand.Claim(name, holder));
      if (may) {
        device.claims.add(holder);
      }
    }

    private void release(String name, String holder) {
      ModelDevice device = model(name);
      expect(204, new DeviceCommand.Release(name, holder, null));
      if (device.claims.remove(holder) && device.state == DeviceState.LEAVING) {
        device.leaving().letGo.add(holder);
      }
    }

    private void unplug(UnplugMode mode) {
      Set<String> names = new TreeSet<>();
      int count = 1 + gen.below(DEVICES.size());
      while (names.size() < count) {
        names.add(DEVICES.get(gen.below(DEVICES.size())));
      }
      Answer answer = harness.command(new DeviceCommand.Unplug(List.copyOf(names), mode, DEADLINE));
      boolean may = mayLeave(names, mode);
      assertThat(answer.status()).as(mode + " of " + names).isEqualTo(may ? 202 : 409);
      if (!may) {
        return;
      }
      String id = String.valueOf(((Map<?, ?>) ((Answer.Done) answer).body()).get("removalId"));
      boolean waits =
          mode == UnplugMode.PLANNED && names.stream().anyMatch(n -> !model(n).claims.isEmpty());
      if (!removals.contains(id)) {
        removals.add(id);
      }
      for (String name : names) {
        ModelDevice device = model(name);
        if (device.state == DeviceState.LEAVING) {
          assertThat(id).as("it is one removal").isEqualTo(device.leaving().id);
          device.leaving().ended = true;
        } else {
          Leaving leaving = new Leaving(id, harness.now());
          leaving.announced = waits;
          leaving.ended = !waits;
          leaving.asked.addAll(device.claims);
          device.leaving = leaving;
        }
        device.state = waits ? DeviceState.LEAVING : DeviceState.REMOVED;
        if (waits) {
          give(name, device.leaving());
        }
      }
    }

    private boolean mayLeave(Set<String> names, UnplugMode mode) {
      Set<String> running = new HashSet<>();
      for (String name : names) {
        ModelDevice device = model(name);
        switch (device.state) {
          case REMOVED -> {
            return false;
          }
          case LEAVING -> running.add(device.leaving().id);
          case ACTIVE -> {
            if (mode == UnplugMode.ORDERLY && !device.claims.isEmpty()) {
              return false;
            }
          }
        }
      }
      return running.isEmpty() || mode == UnplugMode.SURPRISE && running.size() == 1;
    }

    /** The announcement is read as a layer above reads it. */
    private void give(String name, Leaving leaving) {
      MfMemPreRemove announced =
          harness.published(MfMemPreRemove.class).stream()
              .filter(each -> each.device().equals(name) && each.removalId().equals(leaving.id))
              .findFirst()
              .orElseThrow();
      assertThat(announced.credits().keySet()).isEqualTo(leaving.asked);
      if (!leaving.asked.isEmpty()) {
        assertThat(announced.credits().values().stream().mapToLong(c -> c).sum()).isEqualTo(ALL);
      }
      announced
          .credits()
          .forEach(
              (root, credit) -> {
                assertThat(credit).isPositive();
                notes.add(new Note(name, leaving.id, root, credit));
              });
    }

    private void plug(String name) {
      ModelDevice device = model(name);
      boolean may = device.state == DeviceState.REMOVED;
      expect(may ? 200 : 409, new DeviceCommand.Plug(name));
      if (may) {
        device.state = DeviceState.ACTIVE;
        device.generation++;
        device.claims.clear();
      }
    }

    /** A note comes back, or half of it, under its holder's name or that of somebody on top. */
    private void deliver() {
      if (notes.isEmpty()) {
        return;
      }
      Note note = notes.remove(gen.below(notes.size()));
      if (note.credit() > 1 && gen.onceIn(3)) {
        long half = note.credit() / 2;
        notes.add(new Note(note.device(), note.removalId(), note.root(), note.credit() - half));
        note = new Note(note.device(), note.removalId(), note.root(), half);
      }
      String by = gen.flip() ? note.root() : "fs:top";
      Event ack = ack(note.device(), note.removalId(), by, note.credit());
      Leaving leaving = model(note.device()).leaving;
      boolean counts = leaving != null && leaving.id.equals(note.removalId()) && !leaving.ended;
      harness.hear(ack);
      delivered.add(ack);
      if (counts) {
        leaving.delivered += note.credit();
      }
      if (gen.onceIn(3)) {
        harness.hear(ack);
      }
    }

    private void deliverWhatIsNone(String name) {
      DeviceHost before = harness.replayed();
      long counted = counted(before, name);
      if (gen.flip() || delivered.isEmpty()) {
        harness.hear(ack(name, "local:other", "dm:u", 1 + gen.below(100)));
      } else {
        harness.hear(delivered.get(gen.below(delivered.size())));
      }
      assertThat(counted(harness.state(), name)).isEqualTo(counted);
    }

    private static long counted(DeviceHost host, String name) {
      DeviceFact.Removal removal = Objects.requireNonNull(host.device(name)).removal();
      return removal == null ? 0 : removal.acks().counted();
    }

    private void pass(Duration time) {
      harness.pass(time);
      for (ModelDevice device : model.values()) {
        Leaving leaving = device.leaving;
        if (device.state == DeviceState.LEAVING
            && leaving != null
            && !harness.now().isBefore(leaving.since.plus(DEADLINE))) {
          device.state = DeviceState.REMOVED;
          leaving.ended = true;
        }
      }
    }

    /** Which removals have come to their end because nobody is waited for. */
    private void gone() {
      for (String id : removals) {
        List<String> together =
            model.entrySet().stream()
                .filter(each -> each.getValue().state == DeviceState.LEAVING)
                .filter(each -> each.getValue().leaving().id.equals(id))
                .map(Map.Entry::getKey)
                .toList();
        if (together.isEmpty()) {
          continue;
        }
        boolean left = device(together.getFirst()).state() == DeviceState.REMOVED;
        boolean somebodyLetGo =
            together.stream().anyMatch(n -> !model(n).leaving().letGo.isEmpty());
        boolean allAnswered = together.stream().allMatch(this::everybodyLeftHasAnswered);
        if (left) {
          assertThat(allAnswered).as("nobody who stands on it is passed over").isTrue();
        } else if (!somebodyLetGo) {
          assertThat(allAnswered).as("nobody is waited for who has answered").isFalse();
        }
        if (left) {
          for (String name : together) {
            model(name).state = DeviceState.REMOVED;
            model(name).leaving().ended = true;
            RemovalEnd end =
                together.stream().anyMatch(n -> !model(n).claims.isEmpty())
                    ? RemovalEnd.ACKNOWLEDGED
                    : RemovalEnd.UNCLAIMED;
            DeviceFact.Ended ended = Objects.requireNonNull(removal(name).ended());
            assertThat(ended).isEqualTo(new DeviceFact.Ended(end, harness.now(), true));
          }
        }
      }
    }

    private boolean everybodyLeftHasAnswered(String name) {
      Leaving leaving = model(name).leaving();
      return notes.stream()
          .filter(note -> note.device().equals(name) && note.removalId().equals(leaving.id))
          .allMatch(note -> leaving.letGo.contains(note.root()));
    }

    /** What takes longer the longer the walk is. */
    void checkAll() {
      assertThat(harness.replayed()).isEqualTo(harness.state());
      order();
    }

    void check() {
      model.forEach(
          (name, expected) -> {
            Device device = device(name);
            assertThat(device.state()).as(name).isEqualTo(expected.state);
            assertThat(device.generation()).isEqualTo(expected.generation);
            assertThat(device.claims().keySet()).isEqualTo(expected.claims);
            Leaving leaving = expected.leaving;
            if (leaving != null && leaving.announced && !leaving.asked.isEmpty()) {
              Credit credit = device.credit();
              assertThat(credit.outstanding()).isNotNegative();
              assertThat(credit.returnable() + leaving.delivered).as("credit").isEqualTo(ALL);
            }
          });
    }

    /** Each removal is told once for each device, under one fault, one thing after the other. */
    private void order() {
      Map<String, String> faults = new HashMap<>();
      Map<String, Integer> stages = new HashMap<>();
      for (Event event : harness.published()) {
        String name = event.source().substring(event.source().lastIndexOf('/') + 1);
        int stage = stages.getOrDefault(name, 0);
        switch (event.data()) {
          case MfMemPreRemove announced -> {
            assertThat(stage).isZero();
            oneFault(faults, announced.removalId(), event);
            stages.put(name, 1);
          }
          case CorruptedRange bad when bad.cause() == Cause.DEVICE_REMOVED -> {
            assertThat(stage).isBetween(0, 1);
            stages.put(name, 2);
          }
          case DeviceRemoved removed -> {
            assertThat(stage).isEqualTo(2);
            oneFault(faults, String.valueOf(removed.removalId()), event);
            stages.put(name, 3);
          }
          case DevicePlugged plugged -> {
            assertThat(stage).isEqualTo(3);
            stages.put(name, 4);
          }
          case RangeRecovered back -> {
            assertThat(stage).isEqualTo(4);
            stages.put(name, 0);
          }
          case CorruptedRange poison -> assertThat(stage).isBetween(0, 1);
          default -> assertThat(stage).isZero();
        }
      }
    }

    private static void oneFault(Map<String, String> faults, String removalId, Event event) {
      String fault = String.valueOf(event.faultId());
      assertThat(faults.computeIfAbsent(removalId, any -> fault)).isEqualTo(fault);
    }

    private Event ack(String device, String removalId, String holder, long credit) {
      return new Event(
          "local:ack" + ++acks,
          "/hosts/local/filesystems/top",
          harness.now(),
          null,
          null,
          acks,
          "fs",
          null,
          new RemovalAck("local", device, removalId, holder, credit, "gone"));
    }

    private void expect(int status, DeviceCommand command) {
      assertThat(harness.command(command).status()).as("%s", command).isEqualTo(status);
    }

    private ModelDevice model(String name) {
      return Objects.requireNonNull(model.get(name));
    }

    private Device device(String name) {
      return Objects.requireNonNull(harness.state().device(name));
    }

    private DeviceFact.Removal removal(String name) {
      return Objects.requireNonNull(device(name).removal());
    }
  }
}
