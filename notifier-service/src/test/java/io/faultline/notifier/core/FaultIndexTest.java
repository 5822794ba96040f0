package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.RecoveredData;
import io.faultline.events.Ulids;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.NotifierCommand.ResolveFault;
import io.faultline.notifier.core.NotifierFact.CaseFile;
import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import io.faultline.ranges.testing.Seeds;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.Stamp;
import io.faultline.runtime.testing.CoreHarness;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class FaultIndexTest {

  private static final int MANY = 100_000;

  private static @Nullable NotifierState aHundredThousand;

  private final Told told = new Told("h1");

  @Test
  void aQueryFindsWhatLookingAtAllOfThemFinds() {
    Seeds.forAll(
        1,
        30,
        gen -> {
          List<String> ids = new ArrayList<>();
          NotifierState state = anyFaults(gen, ids);
          for (int i = 0; i < 20; i++) {
            FaultQuery query = anyQuery(gen);
            assertThat(paged(state, query, 1 + gen.below(5)))
                .as(query.toString())
                .isEqualTo(expected(state, ids, query));
          }
        });
  }

  private NotifierState anyFaults(Gen gen, List<String> ids) {
    CoreHarness<NotifierState, NotifierCommand, NotifierFact> core =
        new CoreHarness<>(
            "notifier",
            new NotifierCore(),
            new SealedCodec<>(NotifierCommand.class),
            new SealedCodec<>(NotifierFact.class),
            "h1");
    for (int i = 0; i < gen.size(); i++) {
      String id = told.faultId(i);
      ids.add(id);
      String pmem = "pmem" + gen.below(3);
      core.hear(
          gen.onceIn(4)
              ? told.gone(pmem, id, 64)
              : told.corrupted(pmem, id, gen.below(1000), 1 + gen.below(9)));
      if (gen.flip()) {
        core.hear(told.volumeCorrupted("vol" + gen.below(2), id, pmem, 0, 8));
      }
      if (gen.flip()) {
        core.hear(told.fileLost("fs" + gen.below(2), id, 7, gen.flip() ? "/a/b" : "/a/c/d", 0));
      }
      if (gen.onceIn(4)) {
        core.hear(told.recovered(pmem, null, RecoveredData.REWRITTEN, 0, 500));
      }
      if (gen.onceIn(5)) {
        core.command(new ResolveFault(told.faultId(gen.below(i + 1)), "ann", null));
      }
    }
    return core.state();
  }

  private static FaultQuery anyQuery(Gen gen) {
    Asked asked = new Asked();
    if (gen.flip()) {
      asked.state(gen.pick(CaseState.class));
    }
    if (gen.onceIn(3)) {
      asked.cause(gen.pick(Cause.class));
    }
    if (gen.onceIn(3)) {
      asked.device("pmem" + gen.below(3), "vol0");
    }
    if (gen.onceIn(3)) {
      asked.volume("vol" + gen.below(2));
    }
    if (gen.onceIn(3)) {
      asked.filesystem("fs" + gen.below(2));
    }
    if (gen.onceIn(3)) {
      asked.severity(gen.pick(Severity.class));
    }
    if (gen.onceIn(3)) {
      asked.path(gen.pick("/a/*", "/a/**", "/b", "/a/b"));
    }
    Instant start = Instant.parse("2026-01-01T00:00:00Z");
    asked.between(
        gen.flip() ? null : start.plusMillis(gen.below(60)),
        gen.flip() ? null : start.plusMillis(gen.below(160)));
    return asked.query();
  }

  private static List<String> paged(NotifierState state, FaultQuery query, int limit) {
    List<String> ids = new ArrayList<>();
    FaultPlace after = null;
    do {
      FaultIndex.Found page = state.find(query, after, limit);
      assertThat(page.found()).hasSizeLessThanOrEqualTo(limit);
      page.found().forEach(place -> ids.add(place.id()));
      after = page.next() == null ? null : FaultPlace.parse(page.next().text());
    } while (after != null);
    return ids;
  }

  private static List<String> expected(NotifierState state, List<String> ids, FaultQuery query) {
    return ids.stream()
        .map(id -> Objects.requireNonNull(state.faultCase(id)))
        .filter(fault -> lets(query, fault))
        .sorted(Comparator.comparing(FaultCase::place))
        .map(fault -> fault.id)
        .toList();
  }

  private static boolean lets(FaultQuery query, FaultCase fault) {
    NotifierFact.CaseHead head = fault.head();
    return (query.states().isEmpty() || query.states().contains(head.state()))
        && (query.causes().isEmpty() || query.causes().contains(head.cause()))
        && (query.severity() == null || head.severity().compareTo(query.severity()) >= 0)
        && (query.since() == null || !head.openedAt().isBefore(query.since()))
        && (query.until() == null || head.openedAt().isBefore(query.until()))
        && any(
            query.devices(),
            name -> fault.devices.containsKey(name) || !fault.volumeEntries(name).isEmpty())
        && any(query.volumes(), name -> !fault.volumeEntries(name).isEmpty())
        && any(query.filesystems(), name -> fault.filesystems.containsKey(name))
        && any(query.paths(), glob -> fault.files.values().stream().anyMatch(has(glob)));
  }

  private static Predicate<CaseFile> has(String glob) {
    return file -> file.paths().stream().anyMatch(new PathGlob(glob)::matches);
  }

  private static boolean any(Set<String> wanted, Predicate<String> has) {
    return wanted.isEmpty() || wanted.stream().anyMatch(has);
  }

  @Test
  void aPageOfAHundredThousandCasesIsFoundInFewSteps() {
    NotifierState state = aHundredThousand();
    assertThat(state.caseCounts()).containsEntry(CaseState.OPEN, MANY);

    List<FaultQuery> queries =
        List.of(
            FaultQuery.ALL,
            new Asked().state(CaseState.OPEN).query(),
            new Asked().device("pmem77").query(),
            new Asked().volume("vol7").severity(Severity.CRITICAL).query(),
            new Asked().device("pmem77").state(CaseState.OPEN, CaseState.ACKNOWLEDGED).query(),
            new Asked().between(Instant.EPOCH, Instant.parse("2026-01-01T00:00:30Z")).query());
    for (FaultQuery query : queries) {
      FaultPlace after = null;
      int most = 0;
      int pages = 0;
      do {
        FaultIndex.Found page = state.find(query, after, 100);
        most = Math.max(most, page.steps());
        after = page.next();
        pages++;
      } while (after != null && pages < 20);
      assertThat(most).as("steps for a page of %s", query).isLessThan(2_000);
    }
    FaultIndex.Found none = state.find(new Asked().state(CaseState.RESOLVED).query(), null, 100);
    assertThat(none.steps()).isZero();
    // Sets that have nothing in common; and a path that nothing begins with.
    FaultIndex.Found apart =
        state.find(new Asked().device("pmem78").severity(Severity.CRITICAL).query(), null, 100);
    assertThat(apart.steps()).isLessThan(2_000);
    assertThat(apart.found()).isEmpty();
    FaultIndex.Found path = state.find(new Asked().path("/no/**").query(), null, 100);
    assertThat(path.steps()).isLessThanOrEqualTo(FaultIndex.MAX_STEPS + 100);
    assertThat(path.found()).isEmpty();
    assertThat(path.next()).as("it goes on from there").isNotNull();
  }

  @Test
  void whatHealsLooksAtTheFaultsThatItTouchesOnly() {
    NotifierState state = aHundredThousand();

    assertThat(state.casesNear("pmem77", Extents.of(8 * 77, 1)).size()).isLessThan(20);
    assertThat(state.casesNear("pmem77", Extents.of(1L << 40, 8))).isEmpty();
  }

  @Test
  void aSearchThatRanOutOfStepsGoesOnWhereItStood() {
    NotifierState state = aHundredThousand();
    FaultQuery query = new Asked().path("/dir/file-77").query();

    List<String> found = new ArrayList<>();
    FaultPlace after = null;
    int pages = 0;
    do {
      FaultIndex.Found page = state.find(query, after, 100);
      page.found().forEach(place -> found.add(place.id()));
      after = page.next();
      pages++;
    } while (after != null);

    assertThat(found).containsExactly(id(77));
    assertThat(pages).isGreaterThan(2).isLessThan(100);
  }

  private static String id(int number) {
    return "h1:" + String.format("%026d", number);
  }

  /** Of 1,000 devices and 100 volumes; made once, it takes a while. */
  private static synchronized NotifierState aHundredThousand() {
    NotifierState made = aHundredThousand;
    if (made == null) {
      Told told = new Told("h1");
      NotifierCore core = new NotifierCore();
      made = core.initial("h1");
      for (int i = 0; i < MANY; i++) {
        String id = id(i);
        made = hear(core, made, told.corrupted("pmem" + i % 1000, id, 8L * i, 8));
        if (i % 10 == 7) {
          made = hear(core, made, told.volumeCorrupted("vol" + i % 100, id, "pmem0", i, 8));
        }
        if (i % 1000 == 77) {
          made = hear(core, made, told.shutdown("data", id, "META_IO"));
        }
        if (i % 2 == 1) {
          made = hear(core, made, told.fileLost("data", id, i, "/dir/file-" + i, 0));
        }
      }
      aHundredThousand = made;
    }
    return made;
  }

  private static NotifierState hear(NotifierCore core, NotifierState state, Event event) {
    Stamp stamp = new Stamp(event.time(), "h1", new Ulids(event.time(), 1), "notifier", 0);
    NotifierState now = state;
    for (Fact<NotifierFact> fact : core.decide(state, new Input.Heard<>(stamp, event)).facts()) {
      now = core.evolve(now, fact);
    }
    return now;
  }
}
