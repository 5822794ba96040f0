package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.events.Topics;
import io.faultline.ranges.Extents;
import io.faultline.runtime.testing.Awaiting;
import io.faultline.runtime.testing.EmbeddedBroker;
import io.faultline.runtime.testing.TopicReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The process is killed again and again, at any moment, while clients inject, write, clear, scrub,
 * unplug and plug. Each client has units of its own, so it knows what must be there: what it was
 * answered last, or what it had asked for and got no answer to.
 */
class DeviceKillTest {

  private static final int ROUNDS = Boolean.getBoolean("faultline.long") ? 60 : 6;
  private static final int CLIENTS = 4;
  private static final int UNITS = 16;

  /** The clear unit of a pmem device. */
  private static final int UNIT_SECTORS = 8;

  private static final int UNIT_BYTES = UNIT_SECTORS * 512;
  private static final int LONGEST_ROUND_MILLIS = 700;

  /** Before it is killed. */
  private static final int FEWEST_ANSWERS = 60;

  private static final String DEVICES = "/v1/hosts/kill/devices/";
  private static final String DEVICE = DEVICES + "pmem0";
  private static final String OTHER = DEVICES + "pmem1";

  @TempDir private Path folder;

  private final SplittableRandom random =
      new SplittableRandom(Long.getLong("faultline.seed", 20261120L));
  private final Queue<String> answeredEvents = new ConcurrentLinkedQueue<>();
  private final Queue<Throwable> wrong = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answers = new AtomicInteger();

  @Test
  void whateverItIsDoingWhenItIsKilledNothingAnsweredIsLostAndNothingElseHappens() {
    String bootstrap = EmbeddedBroker.shared().bootstrapServers();
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      clients.add(new Client(i, random.split()));
    }
    Plugger plugger = new Plugger();
    for (int round = 0; round < ROUNDS; round++) {
      try (ChildProcess service = service(bootstrap)) {
        String base = "http://127.0.0.1:" + service.awaitReady();
        HttpCalls http = new HttpCalls(base);
        if (round == 0) {
          http.put(DEVICE, "{\"kind\":\"pmem\",\"sizeBytes\":1048576}").expect(201);
          http.put(OTHER, "{\"kind\":\"nvme\",\"sizeBytes\":1048576}").expect(201);
        }
        check(http, clients, plugger);
        load(service, base, clients, plugger);
      }
    }
    try (ChildProcess service = service(bootstrap)) {
      HttpCalls http = new HttpCalls("http://127.0.0.1:" + service.awaitReady());
      check(http, clients, plugger);
      String last = inject(http, clients.getFirst());
      checkTopic(bootstrap, last, sectors(http, "ranges"));
    }
    assertThat(answers.get()).isGreaterThan(ROUNDS * FEWEST_ANSWERS);
  }

  private static String inject(HttpCalls http, Client client) {
    client.units[0] = client.units[0].poisoned();
    return http.post(DEVICE + "/faults", range(client.unit(0)))
        .expect(202)
        .json()
        .get("eventId")
        .asString();
  }

  private void load(ChildProcess service, String base, List<Client> clients, Plugger plugger) {
    int before = answers.get();
    List<Thread> threads = new ArrayList<>();
    for (Client client : clients) {
      threads.add(Thread.ofPlatform().start(() -> untilItEnds(() -> client.step(base))));
    }
    HttpCalls scrubs = new HttpCalls(base);
    threads.add(
        Thread.ofPlatform()
            .start(() -> untilItEnds(() -> scrubs.post(DEVICE + "/scrub").oneOf(202, 409))));
    threads.add(Thread.ofPlatform().start(() -> untilItEnds(() -> plugger.step(base))));
    Awaiting.await(
        "enough is answered",
        answers::get,
        now -> now > before + FEWEST_ANSWERS || !wrong.isEmpty());
    try {
      Thread.sleep(random.nextInt(LONGEST_ROUND_MILLIS));
      service.kill();
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(wrong).isEmpty();
  }

  /** Ends when the connection breaks; what is wrong otherwise is kept. */
  private void untilItEnds(Runnable step) {
    try {
      while (wrong.isEmpty()) {
        step.run();
        answers.incrementAndGet();
      }
    } catch (AssertionError e) {
      if (!(e.getCause() instanceof IOException)) {
        wrong.add(e);
      }
    } catch (RuntimeException e) {
      wrong.add(e);
    }
  }

  /**
   * What is in a unit.
   *
   * @param value of every byte, unless it is bad
   */
  private record Unit(boolean bad, byte value) {
    Unit poisoned() {
      return new Unit(true, value);
    }
  }

  /** One after the other, so that at most one request has no answer. */
  private final class Client {
    private final int number;
    private final SplittableRandom dice;
    private final Unit[] units = new Unit[UNITS];

    /** What the request without an answer wanted. */
    private @Nullable Unit wanted;

    private int wantedOf;
    private byte counter;

    /** Connections of a killed process are of no use to the next. */
    private @Nullable HttpCalls http;

    private String base = "";

    Client(int number, SplittableRandom dice) {
      this.number = number;
      this.dice = dice;
      Arrays.fill(units, new Unit(false, (byte) 0));
    }

    int unit(int index) {
      return number * UNITS + index;
    }

    void step(String to) {
      HttpCalls calls = http;
      if (calls == null || !base.equals(to)) {
        calls = new HttpCalls(to);
        http = calls;
        base = to;
      }
      int index = dice.nextInt(UNITS);
      Unit unit = units[index];
      wantedOf = index;
      switch (dice.nextInt(5)) {
        case 0, 1 -> {
          boolean latent = dice.nextInt(3) == 0;
          wanted = unit.poisoned();
          String body =
              latent ? range(unit(index)).replace("}", ",\"notify\":false}") : range(unit(index));
          JsonNode answer = calls.post(DEVICE + "/faults", body).expect(202).json();
          if (!latent) {
            answeredEvents.add(answer.get("eventId").asString());
          }
        }
        case 2, 3 -> {
          byte value = ++counter;
          wanted = new Unit(false, value);
          byte[] content = new byte[UNIT_BYTES];
          Arrays.fill(content, value);
          noteEvent(
              calls
                  .putBytes(DEVICE + "/data?sector=" + unit(index) * UNIT_SECTORS, content)
                  .expect(200));
        }
        default -> {
          wanted = unit.bad() ? new Unit(false, (byte) 0) : unit;
          noteEvent(
              calls
                  .delete(
                      DEVICE
                          + "/faults?sector="
                          + unit(index) * UNIT_SECTORS
                          + "&count="
                          + UNIT_SECTORS)
                  .expect(200));
        }
      }
      units[index] = Objects.requireNonNull(wanted);
      wanted = null;
    }

    private void noteEvent(HttpCalls.Answer answer) {
      JsonNode eventId = answer.json().get("eventId");
      if (!eventId.isNull()) {
        answeredEvents.add(eventId.asString());
      }
    }

    /** What is there is what was answered, or what the one request without an answer wanted. */
    void check(byte[] content, Set<Long> bad) {
      for (int index = 0; index < UNITS; index++) {
        int unit = unit(index);
        boolean isBad = bad.contains((long) unit * UNIT_SECTORS);
        for (long at = 0; at < UNIT_SECTORS; at++) {
          assertThat(bad.contains((long) unit * UNIT_SECTORS + at)).isEqualTo(isBad);
        }
        Unit known = units[index];
        Unit maybe = index == wantedOf ? wanted : null;
        byte value = isBad ? known.value() : content[unit * UNIT_BYTES];
        for (int at = unit * UNIT_BYTES; !isBad && at < (unit + 1) * UNIT_BYTES; at++) {
          // A write that was not answered may have come to a part of its sectors.
          assertThat(
                  content[at] == known.value() || (maybe != null && content[at] == maybe.value()))
              .as("unit %d byte %d is %d, known %s maybe %s", unit, at, content[at], known, maybe)
              .isTrue();
        }
        assertThat(isBad == known.bad() || (maybe != null && isBad == maybe.bad()))
            .as("unit %d bad %s, known %s maybe %s", unit, isBad, known, maybe)
            .isTrue();
        // A write that was not answered and did not heal leaves what it wrote behind the poison.
        units[index] = new Unit(isBad, value);
      }
      wanted = null;
    }
  }

  /** Takes the other device out and puts it back. */
  private final class Plugger {
    private boolean removed;
    private boolean answered = true;
    private long generation = 1;
    private @Nullable HttpCalls http;
    private String base = "";

    void step(String to) {
      HttpCalls calls = http;
      if (calls == null || !base.equals(to)) {
        calls = new HttpCalls(to);
        http = calls;
        base = to;
      }
      answered = false;
      if (removed) {
        generation = calls.post(OTHER + "/plug").expect(200).json().get("generation").asLong();
      } else {
        calls.post(OTHER + "/unplug", "{\"mode\":\"surprise\"}").expect(202);
      }
      removed = !removed;
      answered = true;
    }

    void check(JsonNode device) {
      boolean isRemoved = device.get("state").asString().equals("removed");
      assertThat(isRemoved == removed || !answered).isTrue();
      long found = device.get("generation").asLong();
      assertThat(found).isBetween(generation, generation + (answered ? 0 : 1));
      removed = isRemoved;
      generation = found;
      answered = true;
    }
  }

  private static void check(HttpCalls http, List<Client> clients, Plugger plugger) {
    Set<Long> bad = badSectors(http);
    byte[] content =
        http.get(DEVICE + "/data?recover=true&sector=0&count=" + CLIENTS * UNITS * UNIT_SECTORS)
            .expect(200)
            .bytes();
    clients.forEach(client -> client.check(content, bad));
    assertThat(bad).allMatch(sector -> sector < CLIENTS * UNITS * UNIT_SECTORS);
    plugger.check(http.get(OTHER).expect(200).json());
  }

  /** Known or not. */
  private static Set<Long> badSectors(HttpCalls http) {
    return sectors(http, "ranges", "latent");
  }

  private static Set<Long> sectors(HttpCalls http, String... ofSets) {
    JsonNode sets = http.get(DEVICE + "/badblocks", "application/json").expect(200).json();
    Set<Long> bad = new HashSet<>();
    for (String set : ofSets) {
      JsonNode pairs = sets.get(set);
      for (int i = 0; i < pairs.size(); i += 2) {
        long start = pairs.get(i).asLong();
        for (long at = start; at < start + pairs.get(i + 1).asLong(); at++) {
          bad.add(at);
        }
      }
    }
    return bad;
  }

  /** Everything that was answered came once, nothing overtook, and it adds up to what is bad. */
  private void checkTopic(String bootstrap, String last, Set<Long> knownAtTheEnd) {
    Set<String> ids = new HashSet<>();
    Map<Long, String> idBySequence = new HashMap<>();
    Map<String, Extents> badByFault = new HashMap<>();
    long lastSequence = 0;
    try (TopicReader reader =
        TopicReader.fromBeginning(Map.of("bootstrap.servers", bootstrap), Topics.DEVICE_EVENTS)) {
      Event event;
      do {
        event = reader.nextEventOf("kill");
        String before = idBySequence.putIfAbsent(event.sequence(), event.id());
        if (before != null) {
          assertThat(event.id()).as("a repeat has the same id").isEqualTo(before);
          continue;
        }
        assertThat(event.sequence()).as("nothing is left out").isEqualTo(lastSequence + 1);
        lastSequence = event.sequence();
        assertThat(ids.add(event.id())).as("nothing comes under two sequences").isTrue();
        follow(event, badByFault);
      } while (!event.id().equals(last));
    }
    assertThat(ids).containsAll(answeredEvents);
    Set<Long> told = new HashSet<>();
    badByFault
        .values()
        .forEach(
            ranges ->
                ranges.forEach(
                    (start, count) -> {
                      for (long at = start; at < start + count; at++) {
                        told.add(at);
                      }
                    }));
    assertThat(told).isEqualTo(knownAtTheEnd);
  }

  private static void follow(Event event, Map<String, Extents> badByFault) {
    switch (event.data()) {
      case CorruptedRange bad
          when bad.device().equals("pmem0") && bad.cause() == Cause.MEDIA_ERROR ->
          badByFault.merge(Objects.requireNonNull(event.faultId()), bad.ranges(), Extents::union);
      case RangeRecovered back
          when back.device().equals("pmem0") && back.data() != RecoveredData.RETURNED ->
          badByFault.replaceAll((fault, ranges) -> ranges.subtract(back.ranges()));
      default -> {}
    }
  }

  private static String range(int unit) {
    return "{\"sector\":" + unit * UNIT_SECTORS + ",\"count\":" + UNIT_SECTORS + "}";
  }

  private ChildProcess service(String bootstrap) {
    return ChildProcess.start(
        ServiceProcess.class,
        folder.resolve("children.log"),
        List.of(
            "--server.port=0",
            "--spring.main.banner-mode=off",
            "--spring.threads.virtual.enabled=true",
            "--spring.kafka.bootstrap-servers=" + bootstrap,
            "--faultline.device.journal-segment=64KB",
            "--faultline.slice-dir=" + folder.resolve("slice")));
  }
}
