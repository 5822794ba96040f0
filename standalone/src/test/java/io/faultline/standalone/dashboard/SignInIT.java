package io.faultline.standalone.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static io.faultline.standalone.dashboard.Dashboard.counted;
import static io.faultline.standalone.dashboard.Dashboard.inTime;
import static io.faultline.standalone.dashboard.Dashboard.patiently;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.options.ColorScheme;
import io.faultline.events.Json;
import io.faultline.standalone.testing.StandaloneProcess;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** The dashboard where callers are asked who they are. Each test has a host of its own. */
class SignInIT {

  private static final String DEVICE = "{\"kind\":\"pmem\",\"sizeBytes\":67108864}";

  @TempDir static Path folder;

  private static StandaloneProcess faultline;
  private static Chromium chromium;
  private static String admin;

  @BeforeAll
  static void start() throws IOException {
    Path executable = Chromium.orSkip("signing in was not tested");
    Path data = folder.resolve("data");
    faultline = StandaloneProcess.on(data).start("--faultline.access.required=true");
    chromium = Chromium.launch(executable);
    faultline.awaitReady();
    admin = Files.readString(data.resolve("access/admin-token")).strip();
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
      faultline.close();
    }
  }

  @Test
  void aStrangerIsAskedForATokenAndAWrongOneIsRefusedInWords() {
    build("strange");
    try (Dashboard dashboard = visit(ColorScheme.LIGHT)) {
      Locator field = dashboard.page().locator("input[name=token]");
      assertThat(field).isFocused();
      assertThat(field).hasAttribute("type", "password");
      assertThat(field).hasAttribute("autocomplete", "off");
      assertThat(dashboard.page().locator("body")).not().containsText("strange", inTime());
      assertThat(dashboard.stat("requests")).as("only who one is was asked").isEqualTo(1);
      dashboard.assertAccessible("a stranger is asked");
      dashboard.shoot("dashboard-sign-in", false);

      dashboard.page().keyboard().type("flt_nobody_knows");
      dashboard.page().keyboard().press("Enter");
      Locator alert = dashboard.page().locator("[role=alert]");
      assertThat(alert).containsText("This token is not known, was revoked", inTime());
      assertThat(field).isFocused();
      assertThat(field).hasAttribute("aria-invalid", "true");
      dashboard.assertAccessible("a wrong token was refused");
      dashboard.assertFits("a wrong token was refused");
      assertThat(dashboard.stat("connects")).isZero();

      dashboard.page().keyboard().type(token("sam", "viewer"));
      dashboard.page().keyboard().press("Enter");
      dashboard.awaitLive();
      dashboard.page().locator("select[name=host]").selectOption("strange");
      assertThat(dashboard.card("device:pmem0")).containsText("active", inTime());
      assertThat(dashboard.page().url()).isEqualTo(faultline.url() + "/");
      assertThat(scripts(dashboard)).as("no script can read it").doesNotContain("flt_");
    }
  }

  @Test
  void aViewerIsOfferedNothingThatNeedsMore() {
    build("look");
    send(admin, "POST", "/v1/hosts/look/devices/pmem0/faults", "{\"sector\":64,\"count\":8}");
    try (Dashboard dashboard = visit(ColorScheme.DARK)) {
      signIn(dashboard, token("vera", "viewer"), "look");
      assertThat(dashboard.page().locator(".who")).containsText("vera viewer", inTime());
      assertThat(dashboard.card("device:pmem0")).containsText("8 sectors bad in 1 range", inTime());
      assertThat(dashboard.rows()).hasCount(1, counted());
      for (String action : List.of("Inject", "Clear", "Scrub", "Unplug")) {
        assertThat(dashboard.button(action + " pmem0")).hasCount(0);
      }
      assertThat(dashboard.rows().locator("button")).hasCount(1, counted());
      assertThat(dashboard.page().locator(".stack .needs"))
          .hasText(
              "To inject, clear, scrub, unplug and plug needs the role operator; yours is viewer.",
              patiently());
      assertThat(dashboard.page().locator(".faults .needs")).containsText("acknowledge", inTime());
      dashboard.strip("device:pmem0").focus();
      dashboard.page().keyboard().press("n");
      dashboard.page().keyboard().press("i");
      assertThat(dashboard.page().locator(".readout")).containsText("pmem0 64 + 8", inTime());
      assertThat(dashboard.dialog()).hasCount(0);
      dashboard.rows().locator("button.link").click();
      assertThat(dashboard.dialog().locator(".tree")).containsText("pmem0 64 + 8", inTime());
      assertThat(dashboard.dialogButton("Acknowledge pmem0 64 + 8")).hasCount(0);
      dashboard.page().keyboard().press("Escape");
      dashboard.assertAccessible("what a viewer sees, dark");
      dashboard.assertFits("what a viewer sees");
      dashboard.page().setViewportSize(360, 740);
      dashboard.assertFits("what a viewer sees, 360 pixels");

      // Hiding is a courtesy: the server is the one that refuses.
      assertThat(
              dashboard
                  .page()
                  .evaluate(
                      """
                      () => fetch('/v1/hosts/look/devices/pmem0/scrub', {method: 'POST'})
                        .then(answer => answer.status)
                      """))
          .isEqualTo(403);
    }
  }

  @Test
  void anOperatorInjectsAcknowledgesInTheirOwnNameAndSignsOut() {
    build("work");
    try (Dashboard dashboard = visit(ColorScheme.LIGHT)) {
      signIn(dashboard, token("olga", "operator"), "work");
      assertThat(dashboard.page().locator(".who")).containsText("olga operator", inTime());
      assertThat(dashboard.page().locator(".stack .needs")).hasCount(0);
      dashboard.button("Inject pmem0").click();
      dashboard.dialog().locator("input[name=sector]").fill("128");
      dashboard.dialogButton("Inject").click();
      assertThat(dashboard.card("device:pmem0")).containsText("8 sectors bad in 1 range", inTime());

      dashboard.button("Acknowledge pmem0 128 + 8").click();
      assertThat(dashboard.dialog().locator("input[name=by]")).hasValue("olga");
      dashboard.dialogButton("Acknowledge").click();
      assertThat(dashboard.rows().locator(".state")).hasText("acknowledged", patiently());

      dashboard.button("Sign out").click();
      Locator field = dashboard.page().locator("input[name=token]");
      assertThat(field).isFocused();
      assertThat(dashboard.page().locator("body")).not().containsText("pmem0", inTime());
      assertThat(sessions("olga")).as("over at the server too").isEmpty();
      dashboard.page().reload();
      assertThat(field).isFocused();
      assertThat(scripts(dashboard)).as("nothing is left of them").doesNotContain("olga");
    }
  }

  @Test
  void watchersAreChangedByAdministratorsOnly() {
    String watcher =
        "{\"filter\":{\"host\":\"nobody\"},"
            + "\"sink\":{\"type\":\"webhook\",\"url\":\"http://127.0.0.1:9/\"}}";
    build("pager");
    assertThat(send(admin, "PUT", "/v1/watchers/ops", watcher).statusCode()).isEqualTo(201);
    try (Dashboard dashboard = visit(ColorScheme.LIGHT)) {
      signIn(dashboard, token("otis", "operator"), "pager");
      assertThat(dashboard.watcher("ops")).containsText("delivering", inTime());
      assertThat(dashboard.page().locator(".watchers .needs"))
          .hasText(
              "To pause, resume and test a watcher needs the role admin; yours is operator.",
              patiently());
      assertThat(dashboard.button("Pause ops")).hasCount(0);
      assertThat(dashboard.button("Test ops")).hasCount(0);
    }
    try (Dashboard dashboard = visit(ColorScheme.LIGHT)) {
      signIn(dashboard, admin, "pager");
      dashboard.button("Pause ops").click();
      assertThat(dashboard.watcher("ops").locator(".mark").first()).hasText("paused", patiently());
      assertThat(dashboard.page().locator(".needs")).hasCount(0);
    }
  }

  @Test
  void aSessionThatEndsLosesNothingThatIsShownAndTriesNothingMeanwhile() {
    build("over");
    try (Dashboard dashboard = visit(ColorScheme.LIGHT)) {
      signIn(dashboard, token("otto", "operator"), "over");
      dashboard.button("Inject pmem0").click();
      dashboard.dialog().locator("input[name=sector]").fill("4096");
      assertThat(dashboard.dialog().locator(".what-if")).containsText("Nobody stands", inTime());
      long events = dashboard.stat("events");
      List<String> asked = new CopyOnWriteArrayList<>();

      for (String session : sessions("otto")) {
        assertThat(send(admin, "DELETE", "/v1/tokens/" + session, "").statusCode()).isEqualTo(204);
      }
      Locator form = dashboard.page().locator("dialog.sign-in[open]");
      assertThat(form).containsText("Your session has ended", inTime());
      assertThat(dashboard.connection()).hasText("signed out", patiently());
      assertThat(dashboard.page().locator("input[name=token]")).isFocused();
      dashboard.assertAccessible("a session that has ended");
      dashboard.shoot("dashboard-session-ended", false);
      dashboard.page().setViewportSize(360, 740);
      dashboard.assertFits("a session that has ended, 360 pixels");
      dashboard.page().setViewportSize(1280, 900);
      dashboard.page().onRequest(request -> asked.add(request.url()));
      dashboard.page().keyboard().press("Escape");
      dashboard.page().keyboard().press("Escape");
      assertThat(form).hasCount(1, counted());
      assertThat(dashboard.card("device:pmem0")).containsText("active", inTime());

      send(admin, "POST", "/v1/hosts/over/devices/pmem0/faults", "{\"sector\":64,\"count\":8}");
      // Its clock goes on: far longer than it would take to try again.
      dashboard.awaitStat("told", dashboard.stat("told") + 3);
      assertThat(asked).as("asked while nobody was signed in").isEmpty();
      assertThat(dashboard.stat("events")).isEqualTo(events);

      dashboard.page().locator("input[name=token]").fill(token("otto2", "operator"));
      dashboard.page().keyboard().press("Enter");
      assertThat(form).hasCount(0, counted());
      dashboard.awaitLive();
      assertThat(dashboard.page().locator(".who")).containsText("otto2", inTime());
      assertThat(dashboard.card("device:pmem0")).containsText("8 sectors bad in 1 range", inTime());
      dashboard.awaitStat("events", events + 1);
      assertThat(dashboard.stat("resyncs")).as("it went on where it was").isZero();
      assertThat(dashboard.dialog().locator("input[name=sector]")).hasValue("4096");
      dashboard.dialogButton("Inject").click();
      assertThat(dashboard.card("device:pmem0"))
          .containsText("16 sectors bad in 2 ranges", inTime());
    }
  }

  private static Dashboard visit(ColorScheme colours) {
    Dashboard dashboard = Dashboard.visit(chromium.browser(), faultline.url(), 1280, 900, colours);
    dashboard.expect(
        complaint -> complaint.contains("status of 401") || complaint.contains("status of 403"));
    return dashboard;
  }

  private static void signIn(Dashboard dashboard, String token, String host) {
    dashboard.page().locator("input[name=token]").fill(token);
    dashboard.button("Sign in").click();
    dashboard.awaitLive();
    dashboard.page().locator("select[name=host]").selectOption(host);
  }

  /** All that a script of the page could find lying about. */
  private static String scripts(Dashboard dashboard) {
    return String.valueOf(
        dashboard
            .page()
            .evaluate(
                "() => document.cookie + JSON.stringify({...localStorage, ...sessionStorage})"
                    + " + document.documentElement.outerHTML"));
  }

  private static void build(String host) {
    HttpResponse<String> made = send(admin, "PUT", "/v1/hosts/" + host + "/devices/pmem0", DEVICE);
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
  }

  private static String token(String name, String role) {
    String wanted = "{\"name\":\"" + name + "\",\"role\":\"" + role + "\"}";
    HttpResponse<String> made = send(admin, "POST", "/v1/tokens", wanted);
    assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
    return Json.LENIENT.readTree(made.body()).get("token").asString();
  }

  /** The ids of the sessions of that name that are not over. */
  private static List<String> sessions(String name) {
    JsonNode all = Json.LENIENT.readTree(send(admin, "GET", "/v1/tokens", "").body()).get("items");
    return all.valueStream()
        .filter(one -> one.get("kind").asString().equals("session"))
        .filter(one -> one.get("name").asString().equals(name) && !one.hasNonNull("revoked"))
        .map(one -> one.get("id").asString())
        .toList();
  }

  private static HttpResponse<String> send(String token, String method, String path, String body) {
    return faultline.send(
        HttpRequest.newBuilder(faultline.uri(path))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build());
  }
}
