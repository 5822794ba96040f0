package io.faultline.standalone.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.faultline.standalone.dashboard.Dashboard.PATIENCE_MILLIS;
import static io.faultline.standalone.dashboard.Dashboard.counted;
import static io.faultline.standalone.dashboard.Dashboard.inTime;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.StandaloneProcess;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The dashboard under a flood at a fixed rate. How quick it is depends on the machine and on what
 * else that does; so it is held against an empty page, open beside it in the same browser over the
 * same time, and against its own time, of which it may be busy for a part only.
 */
class FloodIT {

  private static final int EVENTS_A_SECOND = 1_000;

  private static final int WARM_UP_EVENTS = 3_000;

  /** Ten seconds of a display that shows sixty a second, longer on a machine that is too busy. */
  private static final int FRAMES = 600;

  /** Of the frames that the empty page drew over the same time. */
  private static final double LEAST_FRAMES = 0.5;

  /** Of the time that passed, the processor's time that the page's thread may take. */
  private static final double MOST_BUSY = 0.25;

  private static final String WATCH =
      """
      () => {
        const begin = () => ({begun: performance.now(), frames: 0, longestGap: 0, longTasks: 0, longestTask: 0});
        let seen = begin();
        let last = performance.now();
        const next = now => {
          seen.frames += 1;
          seen.longestGap = Math.max(seen.longestGap, now - last);
          last = now;
          requestAnimationFrame(next);
        };
        requestAnimationFrame(next);
        new PerformanceObserver(list => list.getEntries().forEach(task => {
          seen.longTasks += 1;
          seen.longestTask = Math.max(seen.longestTask, task.duration);
        })).observe({type: 'longtask'});
        globalThis.framesSeen = () => seen.frames;
        globalThis.takeSeen = () => {
          const was = {...seen, millis: performance.now() - seen.begun};
          seen = begin();
          return was;
        };
      }
      """;

  @TempDir static Path folder;

  private static StandaloneProcess faultline;
  private static Chromium chromium;

  @BeforeAll
  static void start() {
    Path executable = Chromium.orSkip("the flood was not tested");
    faultline = StandaloneProcess.on(folder.resolve("data")).atFullSpeed().start();
    chromium = Chromium.launch(executable);
    faultline.awaitReady();
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
      faultline.close();
    }
  }

  @Test
  void aThousandEventsASecondOnAHundredThousandRangesLeaveThePageUsable() {
    Api api = new Api(faultline, "rate");
    api.put("devices/pmem0", "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    api.post("devices/pmem0/faults", "{\"scatter\":{\"seed\":1,\"ranges\":100000}}");
    try (Dashboard dashboard =
            Dashboard.open(
                chromium.browser(), faultline.url(), "rate", 1280, 900, ColorScheme.LIGHT);
        BrowserContext other = chromium.browser().newContext()) {
      assertThat(dashboard.card("device:pmem0"))
          .containsText("100,000 sectors bad in 100,000 ranges", inTime());
      warmUp(dashboard);
      Watched page = new Watched(dashboard.page());
      Watched beside = new Watched(other.newPage());
      beside.awaitFrames(FRAMES / 2);
      String idle = page.take() + "; empty page beside it: " + beside.take();
      long events = dashboard.stat("events");
      long requests = dashboard.stat("requests");

      long sent;
      long shownMeanwhile;
      Seen seen;
      Seen seenBeside;
      try (Flood flood = flood()) {
        use(dashboard);
        beside.awaitFrames(FRAMES);
        seen = page.take();
        seenBeside = beside.take();
        shownMeanwhile = dashboard.stat("events") - events;
        sent = flood.stop();
      }
      dashboard.awaitStat("events", events + sent);
      requests = dashboard.stat("requests") - requests;
      System.out.printf(
          "idle: %s%nflood of %d events, %d shown when it ended, %d requests: %s; empty page beside it: %s%n",
          idle, sent, shownMeanwhile, requests, seen, seenBeside);

      assertThat(dashboard.stat("events") - events).as("each once").isEqualTo(sent);
      assertThat(dashboard.stat("resyncs")).isZero();
      assertThat(dashboard.stat("connects")).isEqualTo(1);
      assertThat(requests).as("it does not ask for each event").isLessThan(sent / 20);
      assertThat((double) seen.frames() / seenBeside.frames())
          .as("frames it drew, of those that an empty page drew: %s, %s", seen, seenBeside)
          .isGreaterThan(LEAST_FRAMES);
      assertThat(seen.busy()).as("how busy it was: %s", seen).isLessThan(MOST_BUSY);
    }
  }

  private static Flood flood() {
    return Flood.on(faultline.bootstrapServers(), "rate", "pmem0", EVENTS_A_SECOND);
  }

  /** A server that has just started is the slower part: its code is not compiled yet. */
  private static void warmUp(Dashboard dashboard) {
    long events = dashboard.stat("events");
    long sent;
    try (Flood flood = flood()) {
      dashboard.awaitStat("events", events + WARM_UP_EVENTS);
      sent = flood.stop();
    }
    dashboard.awaitStat("events", events + sent);
    dashboard.page().locator("select[name=state]").selectOption("all");
    assertThat(dashboard.rows()).hasCount(20, counted().setTimeout(6 * PATIENCE_MILLIS));
    dashboard.page().locator("select[name=state]").selectOption("unresolved");
    assertThat(dashboard.rows().first()).not().containsText("resolved", inTime());
  }

  /**
   * What somebody does who looks into it meanwhile, as far as the page answers that by itself: how
   * long the server takes for what it is asked besides is not what is looked at here.
   */
  private static void use(Dashboard dashboard) {
    Page page = dashboard.page();
    Locator strip = dashboard.strip("device:pmem0");
    Locator edges = dashboard.card("device:pmem0").locator(".edges");
    strip.focus();
    for (String each : List.of("262,144", "131,072", "65,536")) {
      page.keyboard().press("+");
      assertThat(edges).containsText(each + " sectors of 524,288", inTime());
    }
    page.keyboard().press("ArrowRight");
    assertThat(page.locator(".readout")).containsText("pmem0", inTime());
    page.keyboard().press("0");
    assertThat(edges).containsText("256 MiB", inTime());
    dashboard.button("Unplug pmem0").click();
    Locator sure = dashboard.dialogButton("Unplug pmem0");
    assertThat(sure).isDisabled();
    dashboard.dialog().locator("input[name=confirm]").focus();
    page.keyboard().type("pmem0");
    assertThat(sure).isEnabled();
    page.keyboard().press("Escape");
    assertThat(dashboard.dialog()).hasCount(0, counted());
    page.locator("select[name=theme]").selectOption("dark");
    assertThat(page.locator("html")).hasAttribute("data-theme", "dark");
  }

  /**
   * What a page did since it was asked last.
   *
   * @param longestGapMillis between two frames
   * @param longTasks longer than 50 ms, by the clock: waiting for the processor counts
   * @param busy the processor's time of the page's own thread, as a share of the time that passed
   */
  private record Seen(
      long millis,
      int frames,
      long longestGapMillis,
      int longTasks,
      long longestTaskMillis,
      double busy) {}

  /** Counts what a page does. */
  private static final class Watched {
    private final Page page;
    private final CDPSession session;
    private double busySeconds;

    Watched(Page page) {
      this.page = page;
      page.evaluate(WATCH);
      session = page.context().newCDPSession(page);
      JsonObject processorTime = new JsonObject();
      processorTime.addProperty("timeDomain", "threadTicks");
      session.send("Performance.enable", processorTime);
      busySeconds = taskSeconds();
    }

    void awaitFrames(int frames) {
      page.waitForFunction(
          "frames => framesSeen() >= frames",
          frames,
          new Page.WaitForFunctionOptions().setTimeout(6 * PATIENCE_MILLIS));
    }

    Seen take() {
      Map<?, ?> seen = (Map<?, ?>) page.evaluate("() => takeSeen()");
      double before = busySeconds;
      busySeconds = taskSeconds();
      double millis = number(seen, "millis");
      return new Seen(
          (long) millis,
          (int) number(seen, "frames"),
          (long) number(seen, "longestGap"),
          (int) number(seen, "longTasks"),
          (long) number(seen, "longestTask"),
          Math.round((busySeconds - before) / millis * 1_000 * 1_000) / 1_000.0);
    }

    private double taskSeconds() {
      for (var metric : session.send("Performance.getMetrics").getAsJsonArray("metrics")) {
        if (metric.getAsJsonObject().get("name").getAsString().equals("TaskDuration")) {
          return metric.getAsJsonObject().get("value").getAsDouble();
        }
      }
      throw new AssertionError("this browser does not tell how long its tasks take");
    }

    private static double number(Map<?, ?> seen, String name) {
      return ((Number) seen.get(name)).doubleValue();
    }
  }
}
