package io.faultline.notifier.above.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.notifier.NotifierWorld;
import io.faultline.notifier.RunningNotifier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The dashboard's files, as a browser gets them. */
class DashboardHttpTest {

  private static final Path FOLDER = Path.of("src/main/resources/static");

  /** What the first load may take, packed. */
  private static final int FIRST_LOAD_BYTES = 100_000;

  private static final Pattern LINKED = Pattern.compile("(?:href|src)=\"(assets/[^\"]+)\"");
  private static final Pattern PRELOADED =
      Pattern.compile("<link rel=\"modulepreload\" href=\"(assets/[^\"]+)\">");
  private static final Pattern IMPORTED =
      Pattern.compile("(?:from|import)\\s*['\"](\\./[^'\"]+)['\"]");

  private final RunningNotifier notifier = NotifierWorld.notifier();

  @Test
  void theFirstLoadIsSmall() throws IOException {
    Map<String, Integer> bytes = new TreeMap<>();
    bytes.put("index.html", packed("/").length);
    for (String name : loadedFirst()) {
      bytes.put(name, packed("/" + name).length);
    }
    assertThat(bytes).hasSizeGreaterThan(20).containsKeys("assets/app.css", "assets/main.js");
    assertThat(bytes.values().stream().mapToInt(Integer::intValue).sum())
        .as("bytes of the first load, packed: %s", bytes)
        .isLessThan(FIRST_LOAD_BYTES);
  }

  @Test
  void everyModuleIsNamedInThePageSoThatNoneWaitsForAnother() throws IOException {
    TreeSet<String> named =
        new TreeSet<>(PRELOADED.matcher(page()).results().map(match -> match.group(1)).toList());
    TreeSet<String> imported = imported();
    imported.remove("assets/main.js");
    assertThat(named).isEqualTo(imported);
  }

  @Test
  void nothingStandsInThePageThatThePolicyForbids() throws IOException {
    assertThat(page())
        .doesNotContainPattern("<script(?![^>]*\\ssrc=)")
        .doesNotContain("<style", " style=", "javascript:", "importmap")
        .doesNotContainPattern("\\son[a-z]+=");
    for (Path file : files()) {
      String name = file.toString();
      if (name.endsWith(".js")) {
        assertThat(Files.readString(FOLDER.resolve(file)))
            .as(name)
            .doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write")
            .doesNotContain("eval(", "new Function");
      }
    }
  }

  @Test
  void everyFileIsServedUnderTheSameStrictHeaders() throws IOException {
    List<Path> files = files();
    assertThat(files).hasSizeGreaterThan(20);
    for (Path file : files) {
      HttpResponse<byte[]> answer = get("/" + file, "identity", "");
      assertThat(answer.statusCode()).as(file.toString()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(Files.readAllBytes(FOLDER.resolve(file)));
      assertStrict(answer);
    }
    HttpResponse<byte[]> root = get("/", "identity", "");
    assertThat(root.body()).isEqualTo(Files.readAllBytes(FOLDER.resolve("index.html")));
    assertThat(root.headers().firstValue("Content-Type")).hasValue("text/html;charset=UTF-8");
    assertStrict(root);
  }

  private static void assertStrict(HttpResponse<byte[]> answer) {
    var headers = answer.headers();
    assertThat(headers.firstValue("Content-Security-Policy").orElse(""))
        .contains("default-src 'none'", "script-src 'self'", "style-src 'self'")
        .contains("img-src 'self' data:", "connect-src 'self'", "base-uri 'none'")
        .contains("form-action 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "*", "http:");
    assertThat(headers.firstValue("X-Content-Type-Options")).hasValue("nosniff");
    assertThat(headers.firstValue("Referrer-Policy")).hasValue("no-referrer");
    assertThat(headers.firstValue("Vary")).hasValue("Accept-Encoding");
  }

  @Test
  void whatIsKnownIsNotSentAgain() {
    for (String coding : List.of("gzip", "identity")) {
      HttpResponse<byte[]> first = get("/assets/app.css", coding, "");
      String tag = first.headers().firstValue("ETag").orElseThrow();
      assertThat(first.headers().firstValue("Cache-Control").orElse("")).contains("max-age=0");

      HttpResponse<byte[]> again = get("/assets/app.css", coding, tag);
      assertThat(again.statusCode()).isEqualTo(304);
      assertThat(again.body()).isEmpty();
      assertThat(get("/assets/app.css", coding, "\"other\"").statusCode()).isEqualTo(200);
    }
    assertThat(get("/assets/app.css", "gzip", "").headers().firstValue("ETag"))
        .isNotEqualTo(get("/assets/app.css", "identity", "").headers().firstValue("ETag"));
  }

  @Test
  void gzipIsSentOnlyToThoseWhoTakeIt() throws IOException {
    byte[] plain = Files.readAllBytes(FOLDER.resolve("assets/app.css"));
    for (String takes : List.of("gzip", "br, GZIP;q=0.5", "deflate, gzip")) {
      HttpResponse<byte[]> answer = get("/assets/app.css", takes, "");
      assertThat(answer.headers().firstValue("Content-Encoding")).as(takes).hasValue("gzip");
      assertThat(new GZIPInputStream(new ByteArrayInputStream(answer.body())).readAllBytes())
          .isEqualTo(plain);
    }
    for (String refuses : List.of("identity", "br", "gzip;q=0", "gzip; q=0.0")) {
      HttpResponse<byte[]> answer = get("/assets/app.css", refuses, "");
      assertThat(answer.headers().firstValue("Content-Encoding")).as(refuses).isEmpty();
      assertThat(answer.body()).isEqualTo(plain);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/assets/nothing.js",
        "/assets/",
        "/assets/vendor",
        "/assets/../index.html",
        "/assets/..%2findex.html",
        "/assets/app.class",
        "/assets/.hidden.js",
        "/assets//app.css"
      })
  void whatIsNoFileOfTheDashboardIsNotServed(String path) {
    int status = get(path, "identity", "").statusCode();
    assertThat(status).as(path).isIn(400, 404);
  }

  private HttpResponse<byte[]> get(String path, String encoding, String ifNoneMatch) {
    var request = notifier.request(path).header("Accept-Encoding", encoding).GET();
    if (!ifNoneMatch.isEmpty()) {
      request.header("If-None-Match", ifNoneMatch);
    }
    return notifier.send(request, BodyHandlers.ofByteArray());
  }

  private byte[] packed(String path) {
    HttpResponse<byte[]> answer = get(path, "gzip, deflate, br", "");
    assertThat(answer.statusCode()).as(path).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Encoding")).as(path).hasValue("gzip");
    return answer.body();
  }

  private static String page() throws IOException {
    return Files.readString(FOLDER.resolve("index.html"));
  }

  /** What the page names, and whatever that imports. */
  private static TreeSet<String> loadedFirst() throws IOException {
    TreeSet<String> loaded = imported();
    LINKED.matcher(page()).results().forEach(match -> loaded.add(match.group(1)));
    return loaded;
  }

  private static TreeSet<String> imported() throws IOException {
    TreeSet<String> found = new TreeSet<>();
    Deque<String> next = new ArrayDeque<>(List.of("assets/main.js"));
    while (!next.isEmpty()) {
      String name = next.remove();
      if (found.add(name)) {
        Path folder = Path.of(name).getParent();
        IMPORTED
            .matcher(Files.readString(FOLDER.resolve(name)))
            .results()
            .forEach(match -> next.add(folder.resolve(match.group(1)).normalize().toString()));
      }
    }
    return found;
  }

  /** All of them, from the folder. */
  private static List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(FOLDER)) {
      return all.filter(Files::isRegularFile).map(FOLDER::relativize).sorted().toList();
    }
  }
}
