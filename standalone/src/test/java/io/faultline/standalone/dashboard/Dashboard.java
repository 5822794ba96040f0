package io.faultline.standalone.dashboard;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The dashboard of one host, open in a browser. Whatever the browser complains of (an error in the
 * console, an exception, a breach of the content security policy) fails the test when it is closed.
 */
final class Dashboard implements AutoCloseable {

  /** Generous: the machine may be busy with other things. */
  static final int PATIENCE_MILLIS = 30_000;

  private static final String TELL_BREACHES =
      "document.addEventListener('securitypolicyviolation', breach =>"
          + " console.error('breach of the policy: ' + breach.violatedDirective + ' by '"
          + " + breach.blockedURI))";

  private static final Path SHOTS = Path.of("target/screenshots");

  private final BrowserContext context;
  private final Page page;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private Predicate<String> expected = complaint -> false;

  private Dashboard(BrowserContext context, Page page) {
    this.context = context;
    this.page = page;
    page.setDefaultTimeout(PATIENCE_MILLIS);
    page.onConsoleMessage(
        message -> {
          // The test itself reads pixels; and on a busy machine an owner may be late, which the
          // page
          // shows, and asks again.
          boolean ours =
              message.text().contains("willReadFrequently")
                  || message.text().contains("status of 503");
          boolean bad = message.type().equals("error") || message.type().equals("warning");
          if (bad && !ours) {
            complaints.add(message.text());
          }
        });
    page.onPageError(error -> complaints.add("uncaught: " + error));
  }

  /** Opens it and waits until it is live and shows the host. */
  static Dashboard open(
      Browser browser, String url, String host, int width, int height, ColorScheme colours) {
    Dashboard dashboard = visit(browser, url, width, height, colours);
    dashboard.awaitLive();
    dashboard.page.locator("select[name=host]").selectOption(host);
    return dashboard;
  }

  /** Opens it, whatever it shows then. */
  static Dashboard visit(Browser browser, String url, int width, int height, ColorScheme colours) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(colours)
                .setReducedMotion(ReducedMotion.REDUCE)
                .setLocale("en-GB"));
    context.addInitScript(TELL_BREACHES);
    Dashboard dashboard = new Dashboard(context, context.newPage());
    dashboard.page.navigate(url + "/");
    return dashboard;
  }

  static com.microsoft.playwright.assertions.LocatorAssertions.HasTextOptions patiently() {
    return new com.microsoft.playwright.assertions.LocatorAssertions.HasTextOptions()
        .setTimeout(PATIENCE_MILLIS);
  }

  static com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions inTime() {
    return new com.microsoft.playwright.assertions.LocatorAssertions.ContainsTextOptions()
        .setTimeout(PATIENCE_MILLIS);
  }

  static com.microsoft.playwright.assertions.LocatorAssertions.HasCountOptions counted() {
    return new com.microsoft.playwright.assertions.LocatorAssertions.HasCountOptions()
        .setTimeout(PATIENCE_MILLIS);
  }

  Page page() {
    return page;
  }

  void awaitLive() {
    assertThat(connection()).hasText("live", patiently());
  }

  Locator connection() {
    return page.locator(".connection .mark").first();
  }

  /** {@code device:pmem0}, {@code volume:vol0}, {@code filesystem:data}. */
  Locator card(String thing) {
    return page.locator("[data-thing='" + thing + "']");
  }

  Locator strip(String thing) {
    return card(thing).locator("canvas");
  }

  Locator watcher(String name) {
    return page.locator("[data-watcher='" + name + "']");
  }

  Locator rows() {
    return page.locator("tr[data-fault]");
  }

  Locator dialog() {
    return page.locator("dialog[open]");
  }

  Locator button(String name) {
    return page.getByRole(
        AriaRole.BUTTON, new Page.GetByRoleOptions().setName(name).setExact(true));
  }

  /** In the dialog that is open. */
  Locator dialogButton(String name) {
    return dialog()
        .getByRole(AriaRole.BUTTON, new Locator.GetByRoleOptions().setName(name).setExact(true));
  }

  /** What the page has counted since it was opened: events, requests, frames, draws… */
  long stat(String name) {
    return ((Number) page.evaluate("name => faultline.stats[name]", name)).longValue();
  }

  void awaitStat(String name, long value) {
    page.waitForFunction(
        "([name, value]) => faultline.stats[name] >= value",
        List.of(name, (double) value),
        new Page.WaitForFunctionOptions().setTimeout(PATIENCE_MILLIS));
  }

  /** What the browser may complain of from now on. */
  void expect(Predicate<String> complaint) {
    expected = complaint;
  }

  /** Breaches of the rules of WCAG 2.2 AA that axe-core can see, in what is shown now. */
  void assertAccessible(String what) {
    if (!Boolean.TRUE.equals(page.evaluate("() => 'axe' in globalThis"))) {
      page.evaluate(axe());
    }
    Object breaches =
        page.evaluate(
            """
            () => axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa',
                'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
              .then(found => found.violations.flatMap(rule => rule.nodes.map(node =>
                rule.id + ': ' + node.html + ' ' + node.failureSummary)))
            """);
    assertThat((List<?>) breaches).as(what).isEmpty();
  }

  /** Nothing is cut off or to be reached by scrolling sideways only. */
  void assertFits(String what) {
    Object tooWide =
        page.evaluate(
            """
            () => [document.documentElement, ...document.querySelectorAll('dialog[open], .panel')]
              .filter(one => one.scrollWidth > one.clientWidth + 1)
              .map(one => one.tagName + ' ' + one.className + ' is ' + one.scrollWidth + ' wide, not ' + one.clientWidth)
            """);
    assertThat((List<?>) tooWide).as(what).isEmpty();
  }

  /** Into target/screenshots, and where {@code -Dfaultline.screenshots} says. */
  void shoot(String name, boolean wholePage) {
    byte[] png = page.screenshot(new Page.ScreenshotOptions().setFullPage(wholePage));
    write(SHOTS, name, png);
    String also = System.getProperty("faultline.screenshots");
    if (also != null) {
      // A path is meant from the project's folder, where the build is called.
      write(Path.of("..").resolve(also).normalize(), name, png);
    }
  }

  private static void write(Path folder, String name, byte[] png) {
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve(name + ".png"), png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static @Nullable String script;

  private static String axe() {
    String known = script;
    if (known == null) {
      try (InputStream in = Dashboard.class.getResourceAsStream("/axe.min.js")) {
        known = new String(in.readAllBytes(), UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      script = known;
    }
    return known;
  }

  /**
   * @throws AssertionError if the browser complained of anything that was not expected
   */
  @Override
  public void close() {
    context.close();
    assertThat(complaints.stream().filter(expected.negate()).toList())
        .as("what the browser complains of")
        .isEmpty();
  }
}
