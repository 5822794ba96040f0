package io.faultline.standalone.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.faultline.standalone.dashboard.Dashboard.PATIENCE_MILLIS;
import static io.faultline.standalone.dashboard.Dashboard.counted;
import static io.faultline.standalone.dashboard.Dashboard.inTime;
import static io.faultline.standalone.dashboard.Dashboard.patiently;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.BoundingBox;
import com.microsoft.playwright.options.ColorScheme;
import io.faultline.standalone.testing.Api;
import io.faultline.standalone.testing.StandaloneProcess;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * The dashboard in a real browser, against a process of its own. Each test has a host of its own.
 */
class DashboardIT {

  private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
  private static final int WIDE = 1280;
  private static final int HIGH = 900;

  @TempDir static Path folder;

  private static StandaloneProcess faultline;
  private static Chromium chromium;

  @BeforeAll
  static void start() {
    Path executable = Chromium.orSkip("the dashboard was not tested");
    faultline = StandaloneProcess.on(folder.resolve("data")).start();
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
  void anOperatorInjectsSeesHowFarItReachesAcknowledgesAndClears() {
    Api api = host("walk");
    try (Dashboard dashboard = open("walk", WIDE, HIGH, ColorScheme.LIGHT)) {
      assertThat(dashboard.card("device:pmem0")).containsText("active", inTime());
      assertThat(dashboard.card("filesystem:data")).containsText("nothing bad here", inTime());
      assertThat(redPixels(dashboard, "volume:vol0")).isEmpty();

      dashboard.button("Inject pmem0").click();
      dashboard.dialog().locator("input[name=sector]").fill("9376");
      dashboard.dialog().locator("input[name=count]").fill("8");
      assertThat(dashboard.dialog().locator(".what-if"))
          .containsText("data lost volume vol0 18,720 + 8", inTime());
      assertThat(dashboard.dialog().locator(".what-if")).containsText("/a/b/ref-cow");
      assertThat(api.ofHost("devices/pmem0").get("badSectors").asLong())
          .as("asking changes nothing")
          .isZero();
      dashboard.assertAccessible("the dialog of an injection");
      dashboard.shoot("dashboard-inject", false);
      dashboard.dialogButton("Inject").click();

      assertThat(dashboard.dialog()).hasCount(0, counted());
      for (String thing : List.of("device:pmem0", "volume:vol0", "filesystem:data")) {
        assertThat(dashboard.card(thing)).containsText("8 sectors bad in 1 range", inTime());
      }
      assertThat(redPixels(dashboard, "device:pmem0"))
          .as("drawn where it is: at 9376 of 524288 sectors")
          .isNotEmpty()
          .allMatch(share -> Math.abs(share - 9376.0 / 524288) < 0.01);
      assertThat(redPixels(dashboard, "volume:vol0"))
          .isNotEmpty()
          .allMatch(share -> Math.abs(share - 18720.0 / 1048576) < 0.01);
      assertThat(dashboard.rows()).hasCount(1, counted());
      assertThat(dashboard.rows()).containsText("pmem0 9,376 + 8", inTime());
      assertThat(dashboard.rows()).containsText("1 volume, 1 filesystem, 3 files", inTime());
      assertThat(dashboard.page().locator(".newest")).containsText("file range lost", inTime());

      dashboard.rows().getByText("pmem0 9,376 + 8").click();
      Locator tree = dashboard.dialog().locator(".tree");
      assertThat(tree).containsText("device pmem0 9,376 + 8", inTime());
      assertThat(tree).containsText("volume vol0 18,720 + 8");
      assertThat(tree).containsText("file /ref-src bytes 1,933,312 + 4,096");
      dashboard.assertAccessible("a fault that is open");

      dashboard.dialogButton("Acknowledge pmem0 9,376 + 8").click();
      dashboard.dialog().locator("input[name=by]").fill("ann");
      dashboard.dialog().locator("input[name=reason]").fill("module ordered");
      dashboard.dialogButton("Acknowledge").click();
      assertThat(dashboard.dialog().locator(".timeline").first())
          .containsText("acknowledged by ann: module ordered", inTime());
      dashboard.shoot("dashboard-fault", false);
      dashboard.page().keyboard().press("Escape");
      assertThat(dashboard.rows().locator(".state")).hasText("acknowledged", patiently());

      dashboard.button("Resolve pmem0 9,376 + 8").click();
      assertThat(dashboard.dialog().locator("input[name=by]")).hasValue("ann");
      dashboard.dialogButton("Cancel").click();

      dashboard.button("Clear pmem0").click();
      assertThat(dashboard.dialog().locator("input[name=sector]")).hasValue("9376");
      dashboard.dialogButton("Clear").click();
      assertThat(dashboard.card("volume:vol0")).containsText("nothing bad here", inTime());
      assertThat(dashboard.page().locator(".faults"))
          .containsText("No fault is like that", inTime());
      dashboard.page().locator("select[name=state]").selectOption("resolved");
      assertThat(dashboard.rows().locator(".state")).hasText("resolved", patiently());
    }
  }

  @Test
  void whatIsPointedAtLightsUpItsImagesAndIsSeenDownToASector() {
    Api api = host("local");
    api.post("devices/pmem0/faults", "{\"sector\":9376,\"count\":8}");
    try (Dashboard dashboard = open("local", WIDE, HIGH + 110, ColorScheme.LIGHT)) {
      Locator readout = dashboard.page().locator(".readout");
      Locator strip = dashboard.strip("device:pmem0");
      assertThat(dashboard.card("device:pmem0")).containsText("8 sectors bad in 1 range", inTime());
      assertThat(dashboard.card("filesystem:data"))
          .containsText("8 sectors bad in 1 range", inTime());

      // What comes later would push the strip away from under the pointer.
      assertThat(dashboard.rows()).hasCount(1, counted());
      BoundingBox box = strip.boundingBox();
      strip.hover(new Locator.HoverOptions().setPosition(box.width * 9376 / 524288, 8));
      assertThat(readout).containsText("vol0 18,720 + 8", inTime());
      assertThat(readout).containsText("/ref-src bytes 1,933,312 + 4,096", inTime());
      // Of the window: for one of the page the window grows, and the pointer leaves.
      dashboard.shoot("dashboard", false);
      dashboard.page().mouse().move(0, 0);
      assertThat(readout).containsText("Point at a strip", inTime());

      // From above: down to the device, by keys alone.
      Locator upper = dashboard.strip("volume:vol0");
      upper.focus();
      dashboard.page().keyboard().press("n");
      assertThat(readout).containsText("pmem0 9,376 + 8 lives here", inTime());
      assertThat(upper).hasAttribute("aria-valuetext", "sector 18,720, 8 sectors, bad");

      strip.focus();
      dashboard.page().keyboard().press("n");
      Locator edges = dashboard.card("device:pmem0").locator(".edges");
      for (int i = 0; i < 19; i++) {
        dashboard.page().keyboard().press("+");
      }
      assertThat(edges).hasText("9,3761 sector of 524,2889,377", patiently());
      assertThat(dashboard.card("device:pmem0")).containsText("1 sector bad in 1 range", inTime());
      dashboard.page().keyboard().press("0");
      assertThat(edges).hasText("0256 MiB524,288", patiently());

      strip.click(new Locator.ClickOptions().setPosition(box.width / 2, 8));
      dashboard.page().mouse().wheel(0, -240);
      assertThat(edges).not().containsText("256 MiB", inTime());
      dashboard.card("device:pmem0").getByTitle("Whole (0)").click();
      assertThat(edges).containsText("256 MiB", inTime());
      dashboard.page().mouse().move(box.x + box.width / 4, box.y + 8);
      dashboard.page().mouse().down();
      dashboard.page().mouse().move(box.x + box.width / 2, box.y + 8);
      dashboard.page().mouse().up();
      assertThat(edges).containsText("of 524,288", inTime());
    }
  }

  @Test
  void theStreamGoesOnWhereItWasAfterTheServerWasRestarted() throws InterruptedException {
    Api api = host("again");
    try (Dashboard dashboard = open("again", WIDE, HIGH, ColorScheme.LIGHT)) {
      dashboard.expect(complaint -> complaint.startsWith("Failed to load resource"));
      assertThat(dashboard.card("device:pmem0")).containsText("active", inTime());
      String before = now(api);
      long counted = dashboard.stat("events");

      faultline.stop();
      assertThat(dashboard.connection()).containsText("disconnected", inTime());
      assertThat(dashboard.page().locator(".disconnected")).isVisible();
      dashboard.shoot("dashboard-disconnected", false);
      faultline.start();
      faultline.awaitReady();
      api.post("devices/pmem0/faults", "{\"sector\":64,\"count\":8}");

      assertThat(dashboard.connection()).hasText("live", patiently());
      assertThat(dashboard.rows()).containsText("pmem0 64 + 8", inTime());
      assertThat(dashboard.card("device:pmem0")).containsText("8 sectors bad", inTime());
      long told = eventsSince(api, before, 5);
      assertThat(told).isPositive();
      dashboard.awaitStat("events", counted + told);
      assertThat(dashboard.stat("events")).as("each once").isEqualTo(counted + told);
      assertThat(dashboard.stat("resyncs")).isZero();
    }
  }

  @Test
  void anUnplugWantsTheNameAndWhatIsRefusedSaysWhy() {
    Api api = host("pull");
    try (Dashboard dashboard = open("pull", WIDE, HIGH, ColorScheme.DARK)) {
      dashboard.expect(complaint -> complaint.contains("409"));
      dashboard.button("Unplug pmem1").click();
      Locator sure = dashboard.dialogButton("Unplug pmem1");
      assertThat(sure).isDisabled();
      dashboard.dialog().locator("input[name=confirm]").fill("pmem0");
      assertThat(sure).isDisabled();
      assertThat(dashboard.dialog().locator(".what-if"))
          .containsText("shuts down filesystem data", inTime());
      dashboard.dialog().locator("input[name=confirm]").fill("pmem1");
      dashboard.dialog().locator("input[value=orderly]").check();
      sure.click();
      assertThat(dashboard.dialog().locator("[role=alert]")).containsText("dm:vol0", inTime());
      assertThat(api.ofHost("devices/pmem1").get("state").asString()).isEqualTo("active");
      dashboard.assertAccessible("an unplug that was refused, dark");

      dashboard.dialog().locator("input[value=planned]").check();
      dashboard.shoot("dashboard-unplug", false);
      sure.click();
      assertThat(dashboard.card("device:pmem1")).containsText("removed", inTime());
      assertThat(dashboard.card("filesystem:data"))
          .containsText("shut down: FORCE_UMOUNT", inTime());
      assertThat(dashboard.rows()).containsText("device removed", inTime());

      dashboard.button("Plug pmem1").click();
      dashboard.dialogButton("Plug").click();
      assertThat(dashboard.card("device:pmem1")).containsText("active", inTime());

      dashboard.button("Unplug pmem0").click();
      dashboard.dialog().locator("input[value=surprise]").check();
      dashboard.dialog().locator("input[name=confirm]").fill("pmem0");
      dashboard.dialogButton("Unplug pmem0").click();
      assertThat(dashboard.card("device:pmem0")).containsText("removed", inTime());
      dashboard.assertAccessible("devices that are gone, dark");
    }
  }

  @Test
  void aLatentFaultIsFoundByAScrubAndAWatcherIsListed() {
    Api api = host("latent");
    faultline.send(
        HttpRequest.newBuilder(faultline.uri("/v1/watchers/ops"))
            .header("Content-Type", "application/json")
            .PUT(
                BodyPublishers.ofString(
                    "{\"filter\":{\"severity\":\"critical\"},\"sink\":{\"type\":\"webhook\","
                        + "\"url\":\"http://127.0.0.1:9/nobody\"}}"))
            .build());
    try (Dashboard dashboard = open("latent", WIDE, HIGH, ColorScheme.LIGHT)) {
      dashboard.button("Inject pmem1").click();
      dashboard.dialog().locator("input[name=sector]").fill("800");
      dashboard.dialog().getByText("latent").click();
      dashboard.dialogButton("Inject").click();
      assertThat(dashboard.dialog()).hasCount(0, counted());
      assertThat(api.ofHost("devices/pmem1").get("badSectors").asLong()).isZero();

      dashboard.button("Scrub pmem1").click();
      dashboard.dialogButton("Scrub").click();
      assertThat(dashboard.card("device:pmem1"))
          .containsText("scrub completed, found 8 sectors", inTime());
      assertThat(dashboard.rows()).containsText("pmem1 800 + 8", inTime());

      Locator ops = dashboard.watcher("ops");
      assertThat(ops).containsText("http://127.0.0.1:9/nobody", inTime());
      ops.getByText("Deliveries").click();
      assertThat(ops).not().containsText("reading", inTime());
    }
  }

  @Test
  void aWatcherIsPausedTestedAndResumedAndItsHealthIsSeen() {
    Api api = host("told");
    try (Hook hook = new Hook();
        Dashboard dashboard = open("told", WIDE, HIGH, ColorScheme.LIGHT)) {
      hook.answers(200, "thank you <b>kindly</b>");
      watch("hook", "told", hook.url());
      Locator watcher = dashboard.watcher("hook");
      assertThat(watcher.locator(".mark").first()).hasText("delivering", patiently());

      api.post("devices/pmem0/faults", "{\"sector\":64,\"count\":8}");
      assertThat(watcher).containsText("1 delivered", inTime());
      watcher.getByText("Deliveries").click();
      Locator tries = watcher.locator(".tries li");
      assertThat(tries).hasCount(1, counted());
      assertThat(tries).containsText("delivered 200");
      assertThat(tries).containsText("corrupted range");
      assertThat(tries).containsText("try 1, ");
      assertThat(tries.locator(".answer")).hasText("thank you <b>kindly</b>");
      assertThat(tries.locator("time")).hasAttribute("datetime", Pattern.compile("20.*Z"));

      dashboard.button("Test hook").click();
      assertThat(watcher.locator("[role=status]")).containsText("test delivered 200", inTime());
      assertThat(watcher.locator("[role=status] .answer")).hasText("thank you <b>kindly</b>");
      assertThat(hook.calls()).isEqualTo(2);

      dashboard.button("Pause hook").click();
      assertThat(watcher.locator(".mark").first()).hasText("paused", patiently());
      api.post("devices/pmem0/faults", "{\"sector\":128,\"count\":8}");
      assertThat(dashboard.rows()).hasCount(2, counted());
      assertThat(hook.calls()).as("nothing comes while it is paused").isEqualTo(2);
      dashboard.button("Resume hook").click();
      assertThat(watcher).containsText("2 delivered", inTime());

      hook.answers(503, "no room");
      api.post("devices/pmem0/faults", "{\"sector\":192,\"count\":8}");
      assertThat(watcher.locator(".mark").first()).containsText("failing", inTime());
      assertThat(watcher).containsText("1 waiting", inTime());
      assertThat(tries.filter(with("failed 503")).first()).containsText("no room", inTime());
      assertThat(tries.filter(with("failed 503")).first()).containsText("next try");
      dashboard.button("Test hook").click();
      assertThat(watcher.locator("[role=status]")).containsText("test failed 503", inTime());
      dashboard.assertAccessible("a watcher that fails");
      dashboard.assertFits("a watcher that fails");

      hook.answers(410, "gone fishing");
      assertThat(watcher.locator(".mark").first())
          .hasText("disabled: its receiver wants no more (410)", patiently());
      assertThat(tries.first()).containsText("disabled 410", inTime());
      assertThat(tries.first()).containsText("gone fishing");
      watcher.scrollIntoViewIfNeeded();
      assertThat((int) watcher.evaluate("item => item.scrollWidth - item.clientWidth"))
          .as("pixels of the watcher that stand over its panel")
          .isZero();
      dashboard.shoot("dashboard-watchers", false);
      hook.answers(200, "");
      dashboard.button("Resume hook").click();
      assertThat(watcher).containsText("3 delivered", inTime());
      assertThat(watcher.locator(".mark").first()).hasText("delivering", patiently());
    } finally {
      faultline.send(HttpRequest.newBuilder(faultline.uri("/v1/watchers/hook")).DELETE().build());
    }
  }

  private static Locator.FilterOptions with(String text) {
    return new Locator.FilterOptions().setHasText(text);
  }

  /** Faults of that host's devices, tried again each second. */
  private static void watch(String name, String host, String url) {
    String tries = String.join(",", Collections.nCopies(20, "\"PT1S\""));
    String definition =
        "{\"filter\":{\"host\":\"%s\",\"type\":\"corrupted_range\",\"layer\":\"device\"},\"tries\":[%s],"
            + "\"sink\":{\"type\":\"webhook\",\"url\":\"%s\"}}";
    HttpResponse<String> made =
        faultline.send(
            HttpRequest.newBuilder(faultline.uri("/v1/watchers/" + name))
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(definition.formatted(host, tries, url)))
                .build());
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
  }

  @Test
  void everythingIsReachedByKeysAlone() {
    Api api = host("keys");
    api.post("devices/pmem0/faults", "{\"sector\":9376,\"count\":8}");
    try (Dashboard dashboard = open("keys", WIDE, HIGH, ColorScheme.LIGHT)) {
      assertThat(dashboard.rows()).hasCount(1, counted());
      Page page = dashboard.page();
      page.evaluate("() => document.activeElement.blur()");
      page.keyboard().press("Tab");
      assertThat(focused(page)).isEqualTo("Skip to the faults");
      page.keyboard().press("Enter");
      tabTo(page, "Acknowledge pmem0 9,376 + 8");
      page.keyboard().press("Enter");
      assertThat(dashboard.dialog()).hasCount(1, counted());
      page.keyboard().press("Escape");
      assertThat(dashboard.dialog()).hasCount(0, counted());
      assertThat(focused(page))
          .as("the focus is given back")
          .isEqualTo("Acknowledge pmem0 9,376 + 8");

      page.keyboard().press("Enter");
      dashboard.dialog().locator("input[name=by]").focus();
      page.keyboard().type("bea");
      page.keyboard().press("Enter");
      assertThat(dashboard.rows().locator(".state")).hasText("acknowledged", patiently());
      tabTo(page, "Colours");
    }
  }

  @Test
  void itFitsFromATelephoneToAWall() {
    Api api = host("sizes");
    api.post("devices/pmem0/faults", "{\"sector\":9376,\"count\":8}");
    api.post("devices/pmem1/faults", "{\"scatter\":{\"seed\":7,\"ranges\":400}}");
    try (Dashboard dashboard = open("sizes", 360, 740, ColorScheme.DARK)) {
      assertThat(dashboard.rows()).hasCount(2, counted());
      assertThat(dashboard.card("filesystem:data")).containsText("401 ranges", inTime());
      dashboard.assertFits("360 pixels");
      dashboard.assertAccessible("360 pixels, dark");
      dashboard.shoot("dashboard-360", true);
      for (String action : List.of("Inject", "Clear", "Scrub", "Unplug")) {
        dashboard.button(action + " pmem0").click();
        assertThat(dashboard.dialog()).hasCount(1, counted());
        dashboard.assertFits("360 pixels, " + action);
        dashboard.page().keyboard().press("Escape");
        assertThat(dashboard.dialog()).hasCount(0, counted());
      }
      dashboard.rows().first().locator("button.link").click();
      assertThat(dashboard.dialog().locator(".tree")).containsText("vol0", inTime());
      dashboard.assertFits("360 pixels, a fault");
      dashboard.assertAccessible("360 pixels, a fault, dark");
      dashboard.page().keyboard().press("Escape");

      for (int width : List.of(768, 1080, 1920, 3840)) {
        dashboard.page().setViewportSize(width, 1080);
        dashboard.assertFits(width + " pixels");
        if (width == 1920) {
          dashboard.page().mouse().move(0, 0);
          dashboard.shoot("dashboard-dark", false);
        }
      }
      dashboard.page().setViewportSize(WIDE, HIGH);
      dashboard.page().locator("select[name=theme]").selectOption("light");
      dashboard.assertAccessible("light by choice");
    }
  }

  /**
   * Hundred thousand ranges, then events as fast as they come. Not a time is asserted: that the
   * work which the page does is bounded by frames and not by events, and that it loses none.
   */
  @Test
  void aFloodIsCountedWholeAndDrawnByFrames() throws Exception {
    Api api = new Api(faultline, "flood");
    api.put("devices/pmem0", "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    api.put("devices/pmem1", "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    api.send("PUT", "volumes/vol0", "text/plain", "0 524288 linear pmem0 0");
    api.post("devices/pmem1/faults", "{\"scatter\":{\"seed\":1,\"ranges\":100000}}");
    try (Dashboard dashboard = open("flood", WIDE, HIGH, ColorScheme.LIGHT)) {
      assertThat(dashboard.card("device:pmem1"))
          .containsText("100,000 sectors bad in 100,000 ranges", inTime());
      dashboard
          .page()
          .evaluate(
              """
              () => {
                globalThis.seen = {frames: 0, slow: 0};
                let last = performance.now();
                const next = now => {
                  seen.frames += 1;
                  seen.slow += now - last > 100 ? 1 : 0;
                  last = now;
                  requestAnimationFrame(next);
                };
                requestAnimationFrame(next);
              }
              """);
      String before = now(api);
      long events = dashboard.stat("events");
      long requests = dashboard.stat("requests");
      long frames = dashboard.stat("frames");
      long told = dashboard.stat("told");
      long draws = dashboard.stat("draws");

      inject(api, 500);

      long sent = eventsSince(api, before, 2);
      assertThat(sent).isGreaterThanOrEqualTo(1_000);
      dashboard.awaitStat("events", events + sent);
      assertThat(dashboard.stat("events") - events).as("each once").isEqualTo(sent);
      assertThat(dashboard.stat("resyncs")).isZero();
      assertThat(dashboard.stat("connects")).isEqualTo(1);
      assertThat(dashboard.page().locator(".total")).not().hasText("0", patiently());
      long drawnFrames = dashboard.stat("frames") - frames;
      assertThat(drawnFrames).as("it went on drawing").isPositive();
      assertThat(dashboard.stat("draws") - draws)
          .as("each of the three strips once a frame at most")
          .isLessThanOrEqualTo(3 * drawnFrames);
      assertThat(dashboard.stat("told") - told)
          .as("each of the four stores once a frame at most")
          .isLessThanOrEqualTo(4 * drawnFrames);
      assertThat(dashboard.stat("requests") - requests)
          .as("it does not ask for each event")
          .isLessThan(sent / 4);
      assertThat(dashboard.rows()).hasCount(20, counted());
      assertThat(dashboard.page().locator(".newest li").count()).isLessThanOrEqualTo(14);
      System.out.printf(
          "a flood of %d events: %s frames, %s of them longer than 100 ms, %d requests%n",
          sent,
          dashboard.page().evaluate("seen.frames"),
          dashboard.page().evaluate("seen.slow"),
          dashboard.stat("requests") - requests);

      dashboard.page().getByText("Older").click();
      assertThat(dashboard.page().locator(".pages")).containsText("page 2", inTime());
      assertThat(dashboard.rows()).hasCount(20, counted());
    }
  }

  /** So many faults of one sector each, several at a time. */
  private static void inject(Api api, int faults) throws Exception {
    try (ExecutorService callers = Executors.newFixedThreadPool(8)) {
      List<Future<JsonNode>> calls =
          java.util.stream.IntStream.range(0, faults)
              .mapToObj(
                  i ->
                      callers.submit(
                          () ->
                              api.post(
                                  "devices/pmem0/faults",
                                  "{\"sector\":" + (300_000 + 16 * i) + ",\"count\":8}")))
              .toList();
      for (Future<JsonNode> call : calls) {
        call.get();
      }
    }
  }

  /**
   * The stack of the README's walk on a host of this name. All of it is PUT, and 503 says that the
   * same may be asked again: right after a restart, or where the machine is busy.
   */
  private static Api host(String name) {
    Api api = new Api(faultline, name);
    long deadline = System.nanoTime() + Duration.ofMillis(2 * PATIENCE_MILLIS).toNanos();
    while (true) {
      try {
        api.buildWalk(PROJECT);
        return api;
      } catch (AssertionError refused) {
        boolean late = String.valueOf(refused.getMessage()).contains("\"status\":503");
        if (!late || System.nanoTime() > deadline) {
          throw refused;
        }
      }
    }
  }

  private static Dashboard open(String host, int width, int height, ColorScheme colours) {
    return Dashboard.open(chromium.browser(), faultline.url(), host, width, height, colours);
  }

  private static String now(Api api) {
    return api.get("/v1/events?from=now&limit=1").get("cursor").asString();
  }

  /**
   * How many events there were. The last is a fault whose way up is known: what was told before it
   * stands before it in every topic.
   *
   * @param wayUp events that this last fault makes
   */
  private static long eventsSince(Api api, String cursor, int wayUp) throws InterruptedException {
    String last =
        api.post("devices/pmem0/faults", "{\"sector\":9376,\"count\":8}").get("faultId").asString();
    long deadline = System.nanoTime() + Duration.ofMillis(PATIENCE_MILLIS).toNanos();
    while (api.get("/v1/events?fault=" + last).get("items").size() < wayUp) {
      assertThat(System.nanoTime()).as("its way up is told in time").isLessThan(deadline);
      Thread.sleep(20);
    }
    return count(api, cursor);
  }

  private static long count(Api api, String cursor) {
    long count = 0;
    String after = cursor;
    while (after != null) {
      JsonNode page = api.get("/v1/events?limit=1000&after=" + after);
      count += page.get("items").size();
      after = page.get("next").isNull() ? null : page.get("next").asString();
    }
    return count;
  }

  private static String focused(Page page) {
    return String.valueOf(
        page.evaluate(
            """
            () => {
              const at = document.activeElement;
              return at.getAttribute('aria-label') ?? at.labels?.[0]?.innerText.split('\\n')[0].trim()
                ?? at.innerText;
            }
            """));
  }

  /** By Tab alone; each stop on the way shows that it has the focus. */
  private static void tabTo(Page page, String name) {
    for (int i = 0; i < 120; i++) {
      page.keyboard().press("Tab");
      assertThat(
              (Boolean)
                  page.evaluate(
                      """
                      () => document.activeElement === document.body
                        || getComputedStyle(document.activeElement).outlineStyle !== 'none'
                      """))
          .as("the focus can be seen on " + focused(page))
          .isTrue();
      if (focused(page).startsWith(name)) {
        return;
      }
    }
    throw new AssertionError(name + " is not reached by Tab");
  }

  /** Where a strip is red, as shares of its width. */
  private static List<Double> redPixels(Dashboard dashboard, String thing) {
    Object shares =
        dashboard
            .strip(thing)
            .evaluate(
                """
                canvas => {
                  const {width, height} = canvas;
                  const data = canvas.getContext('2d').getImageData(0, 4, width, 1).data;
                  const red = [];
                  for (let x = 0; x < width; x += 1) {
                    if (data[4 * x] > 150 && data[4 * x + 1] < 140 && data[4 * x + 2] < 140) {
                      red.push(x / width);
                    }
                  }
                  return red;
                }
                """);
    return ((List<?>) shares).stream().map(share -> ((Number) share).doubleValue()).toList();
  }
}
