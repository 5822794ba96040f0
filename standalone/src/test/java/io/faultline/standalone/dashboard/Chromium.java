package io.faultline.standalone.dashboard;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserType.LaunchOptions;
import com.microsoft.playwright.Playwright;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The Chromium that is installed on this machine, without a window. */
final class Chromium implements AutoCloseable {

  private static final List<String> USUAL =
      List.of(
          "/usr/bin/chromium",
          "/usr/bin/chromium-browser",
          "/usr/bin/google-chrome",
          "/snap/bin/chromium",
          "/Applications/Chromium.app/Contents/MacOS/Chromium",
          "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome");

  private final Playwright playwright;
  private final Browser browser;

  private Chromium(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /** Where it is: as {@code -Dfaultline.chromium} says, or where systems usually put it. */
  private static Optional<Path> installed() {
    String told = System.getProperty("faultline.chromium");
    return (told == null ? USUAL : List.of(told))
        .stream().map(Path::of).filter(Files::isExecutable).findFirst();
  }

  /**
   * Where it is; without one the tests are skipped.
   *
   * @param untested what that means: {@code "the dashboard was not tested"}
   */
  static Path orSkip(String untested) {
    Optional<Path> executable = installed();
    if (executable.isEmpty()) {
      complainThatThereIsNone();
    }
    assumeTrue(executable.isPresent(), "no Chromium: " + untested);
    return executable.orElseThrow();
  }

  /** Says so that nobody overlooks it: a test that was skipped proves nothing. */
  private static void complainThatThereIsNone() {
    System.err.println(
        """

        ************************************************************************
        **  NO CHROMIUM HERE: THE DASHBOARD WAS NOT TESTED.                   **
        **  Debian: apt-get install chromium                                  **
        **  Elsewhere: -Dfaultline.chromium=/path/of/the/browser              **
        ************************************************************************
        """);
  }

  static Chromium launch(Path executable) {
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    Browser browser =
        playwright
            .chromium()
            .launch(
                new LaunchOptions()
                    .setExecutablePath(executable)
                    // Its sandbox wants rights that a container has not; it sees our own page only.
                    .setArgs(List.of("--no-sandbox", "--disable-dev-shm-usage")));
    return new Chromium(playwright, browser);
  }

  Browser browser() {
    return browser;
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
