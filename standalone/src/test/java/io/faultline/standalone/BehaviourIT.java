package io.faultline.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.standalone.behaviour.Difference;
import io.faultline.standalone.behaviour.Observed;
import io.faultline.standalone.behaviour.Replay;
import io.faultline.standalone.testing.SharedStandalone;
import io.faultline.standalone.testing.StandaloneProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Does again, through the interface, what a real kernel was seen to do on poison and on removal:
 * every case of the folder {@code behaviour} of the oracle (property {@code faultline.oracle}),
 * each on a host of its own of one running Faultline. Where Faultline means to differ is in {@link
 * Difference} and docs/FAILURE.md.
 */
@ExtendWith(SharedStandalone.class)
class BehaviourIT {

  /** How many hosts are at work at once. */
  private static final int AT_ONCE = 2;

  private static final Map<Observed, Future<Set<Difference>>> RUNS = new LinkedHashMap<>();

  @BeforeAll
  static void beginAll(StandaloneProcess faultline) {
    ExecutorService workers = Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory());
    for (Observed each : Observed.all()) {
      if (Replay.whyNot(each) == null && isAskedFor(each)) {
        RUNS.put(each, workers.submit(() -> Replay.of(faultline, each)));
      }
    }
    workers.shutdown();
  }

  /** One case alone, while somebody looks for what is wrong with it. */
  private static boolean isAskedFor(Observed each) {
    return each.name().matches(System.getProperty("faultline.oracle.case", ".*"));
  }

  @TestFactory
  List<DynamicTest> everyCaseGoesAsItWasSeen() {
    List<DynamicTest> tests = new ArrayList<>();
    RUNS.forEach(
        (each, run) ->
            tests.add(
                DynamicTest.dynamicTest(
                    each.name(),
                    () -> {
                      try {
                        run.get();
                      } catch (ExecutionException e) {
                        throw e.getCause();
                      }
                    })));
    return tests;
  }

  @Test
  void onlyAFewCasesCannotBeDoneAgain() {
    List<Observed> all = Observed.all();
    Assumptions.assumeFalse(all.isEmpty(), "no behaviour cases in this folder");
    long not = all.stream().filter(each -> Replay.whyNot(each) != null).count();
    assertThat(not).isLessThan(all.size() / 10);
  }

  @Test
  void everyDifferenceIsExplained() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "FAILURE.md"));
    for (Difference each : EnumSet.allOf(Difference.class)) {
      assertThat(page).contains("`" + each.name() + "`");
    }
  }
}
