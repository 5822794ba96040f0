package io.faultline.notifier.core;

import io.faultline.events.Event;
import io.faultline.events.Json;
import io.faultline.events.Ulids;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.ListFaults;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.Output;
import io.faultline.runtime.core.Stamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * A page of 100 out of 100,000 fault cases, found, put together and written as JSON; beside the
 * same 100 cut out of a ready list and written.
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class FaultListMeasurement {

  private static final int CASES = 100_000;
  private static final int PAGE = 100;
  private static final int TURNS = 2_000;

  private final Told told = new Told("h1");
  private final NotifierCore core = new NotifierCore();
  private NotifierState state = core.initial("h1");

  @Test
  void aPageBesideASublist() {
    long before = used();
    for (int i = 0; i < CASES; i++) {
      String id = "h1:" + String.format("%026d", i);
      hear(told.corrupted("pmem" + i % 100, id, 8L * i, 8));
      hear(told.volumeCorrupted("vol" + i % 20, id, "pmem" + i % 100, 8L * i, 8));
      hear(told.fileLost("data", id, i, "/dir/file-" + i, 0));
    }
    System.out.printf(Locale.ROOT, "a case takes %d bytes of memory%n", (used() - before) / CASES);
    Map<String, FaultQuery> queries = new LinkedHashMap<>();
    queries.put("all", FaultQuery.ALL);
    queries.put("state=open&severity=error", open());
    queries.put("device=pmem7", new Asked().device("pmem7").query());
    queries.put("volume=vol7&filesystem=data", both());
    queries.put("path=/dir/file-9*", new Asked().path("/dir/file-9*").query());
    FaultPlace middle = state.find(FaultQuery.ALL, null, CASES / 2).found().getLast();
    for (int round = 1; round <= 3; round++) {
      for (Map.Entry<String, FaultQuery> query : queries.entrySet()) {
        for (FaultPlace after : new @Nullable FaultPlace[] {null, middle}) {
          measure(round, query.getKey(), new ListFaults(query.getValue(), after, PAGE));
        }
      }
    }
  }

  private static FaultQuery open() {
    return new Asked().state(CaseState.OPEN).severity(Severity.ERROR).query();
  }

  private static FaultQuery both() {
    return new Asked().volume("vol7").filesystem("data").query();
  }

  private void measure(int round, String name, ListFaults list) {
    List<Map<String, Object>> ready = new ArrayList<>();
    for (FaultPlace place : state.find(list.query(), list.after(), PAGE).found()) {
      ready.add(Views.inList("h1", Objects.requireNonNull(state.faultCase(place.id()))));
    }
    long[] ours = new long[TURNS];
    long[] bare = new long[TURNS];
    long bytes = 0;
    for (int turn = 0; turn < TURNS; turn++) {
      long start = System.nanoTime();
      bytes = Json.LENIENT.writeValueAsBytes(answer(list)).length;
      ours[turn] = System.nanoTime() - start;
      start = System.nanoTime();
      Map<String, Object> page = new LinkedHashMap<>();
      page.put("items", ready.subList(0, ready.size()));
      bytes = Math.max(bytes, Json.LENIENT.writeValueAsBytes(page).length);
      bare[turn] = System.nanoTime() - start;
    }
    Arrays.sort(ours);
    Arrays.sort(bare);
    System.out.printf(
        Locale.ROOT,
        "round %d, %s%s: %d cases, %d bytes: p50 %.2f ms p99 %.2f | bare p50 %.2f p99 %.2f"
            + " | ratio %.2f%n",
        round,
        name,
        list.after() == null ? "" : " from the middle",
        ready.size(),
        bytes,
        ours[TURNS / 2] / 1e6,
        ours[TURNS * 99 / 100] / 1e6,
        bare[TURNS / 2] / 1e6,
        bare[TURNS * 99 / 100] / 1e6,
        (double) ours[TURNS / 2] / bare[TURNS / 2]);
  }

  private Object answer(ListFaults list) {
    Decision<NotifierFact> decision =
        core.decide(state, new Input.Commanded<>(stamp(Instant.EPOCH), "c", list));
    Answer answer = ((Output.Reply) decision.outputs().getFirst()).answer();
    return Objects.requireNonNull(((Answer.Done) answer).body());
  }

  private void hear(Event event) {
    for (Fact<NotifierFact> fact :
        core.decide(state, new Input.Heard<>(stamp(event.time()), event)).facts()) {
      state = core.evolve(state, fact);
    }
  }

  private static Stamp stamp(Instant at) {
    return new Stamp(at, "h1", new Ulids(at, 1), "notifier", 0);
  }

  private static long used() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
