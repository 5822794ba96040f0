package io.faultline.runtime.access;

import static io.faultline.runtime.access.GuardedService.posting;
import static io.faultline.runtime.testing.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Json;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What strangers try at a service that asks who they are, over real HTTP. */
class AttackTest {

  private static final String INJECT = "/v1/things/pmem0/faults";

  private static EmbeddedBroker broker;
  private static Provider provider;
  private static GuardedService service;
  private static String admin;
  private static String viewer;
  private static String operator;
  private static String ofService;

  @BeforeAll
  static void start(@TempDir Path folder) {
    broker = EmbeddedBroker.start();
    provider = new Provider();
    admin = GuardedService.offline(folder, "admin");
    ofService = GuardedService.offline(folder, "service");
    service =
        GuardedService.start(
            broker.bootstrapServers(),
            Map.ofEntries(
                Map.entry("faultline.access.required", "true"),
                Map.entry("faultline.access.tokens-file", folder.resolve("tokens").toString()),
                Map.entry(
                    "faultline.access.service-token-file",
                    folder.resolve("service-token").toString()),
                Map.entry("faultline.access.jwt.issuer", Provider.ISSUER),
                Map.entry("faultline.access.jwt.audiences", Provider.AUDIENCE),
                Map.entry("faultline.access.jwt.jwk-set-uri", provider.keysUrl()),
                Map.entry("server.tomcat.connection-timeout", "1s"),
                // All of this is one stranger.
                Map.entry("faultline.access.limits.stranger-per-minute", "0"),
                Map.entry("faultline.requests.headers-timeout", "1s"),
                Map.entry("faultline.requests.body-grace", "1s"),
                Map.entry("faultline.requests.body-bytes-per-second", "1000")));
    viewer = service.newToken(admin, "viewer");
    operator = service.newToken(admin, "operator");
  }

  @AfterAll
  static void stop() {
    service.close();
    provider.close();
    broker.close();
  }

  // --- who

  @Test
  void withoutATokenNothingIsAnsweredButUpOrDown() {
    for (String path :
        List.of(
            "/v1/things/pmem0",
            "/v1/tokens",
            "/v1/audit",
            "/v1/session",
            "/v1/openapi.json",
            "/actuator/health",
            "/actuator/prometheus",
            "/v1/forgotten",
            "/v1/not-there",
            "/error",
            "/")) {
      HttpResponse<String> answer = service.send(service.request(path));
      problem(answer, 401, "unauthenticated");
      assertThat(answer.headers().firstValue("WWW-Authenticate")).as(path).isPresent();
    }
    assertThat(service.status(service.request("/actuator/health/readiness"))).isEqualTo(200);
    assertThat(service.status(service.request("/actuator/health/liveness"))).isEqualTo(200);
    problem(service.send(posting(service.request(INJECT), "{}")), 401, "unauthenticated");
  }

  @Test
  void eachRoleMayWhatItMayAndNoMore() {
    assertThat(statuses(viewer)).containsExactly(200, 403, 403, 403, 200, 200);
    assertThat(statuses(operator)).containsExactly(200, 200, 403, 403, 200, 200);
    assertThat(statuses(admin)).containsExactly(200, 200, 200, 200, 200, 200);
    assertThat(statuses(ofService)).containsExactly(200, 200, 403, 403, 200, 200);
    JsonNode refused =
        problem(service.send(posting(service.as(viewer, INJECT), "{}")), 403, "forbidden");
    assertThat(refused.get("detail").asString()).contains("viewer", "operator");
  }

  private static List<Integer> statuses(String token) {
    return List.of(
        service.status(service.as(token, "/v1/things/pmem0")),
        service.status(posting(service.as(token, INJECT), "{}")),
        service.status(
            service
                .as(token, "/v1/watchers/w")
                .header("Content-Type", "application/json")
                .PUT(HttpRequest.BodyPublishers.ofString("{}"))),
        service.status(service.as(token, "/v1/tokens")),
        service.status(service.as(token, "/actuator/health")),
        service.status(service.as(token, "/v1/openapi.json")));
  }

  @Test
  void whatHasNoRuleIsServedToNobody() {
    problem(service.send(service.as(admin, "/v1/forgotten")), 404, "not-found");
    problem(service.send(service.as(admin, "/error")), 404, "not-found");
    HttpResponse<String> wrong = service.send(service.as(admin, INJECT).DELETE());
    problem(wrong, 405, "method-not-allowed");
    assertThat(wrong.headers().firstValue("Allow")).hasValue("POST");
    problem(
        service.send(service.as(admin, INJECT).method("TRACE", none())), 405, "method-not-allowed");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?recover=true",
        "?recover=1",
        "?recover",
        "?recover=",
        "?recover=false&recover=true",
        "?recover=true&recover=false",
        "?%72ecover=true",
        "?sector=1&recover=on"
      })
  void recoveringNeedsAnOperatorHoweverItIsSpelt(String query) {
    problem(service.send(service.as(viewer, "/v1/things/pmem0" + query)), 403, "forbidden");
    assertThat(service.status(service.as(operator, "/v1/things/pmem0" + query))).isEqualTo(200);
    assertThat(service.status(service.as(viewer, "/v1/things/pmem0?recover=false"))).isEqualTo(200);
  }

  @Test
  void tokensThatAreNoneLetNobodyIn() {
    String otherSecret =
        viewer.substring(0, viewer.length() - 43) + admin.substring(admin.length() - 43);
    String changed = viewer.substring(0, viewer.length() - 1) + (viewer.endsWith("A") ? "B" : "A");
    String hash = hashOf(viewer);
    for (String token :
        List.of(
            otherSecret,
            changed,
            viewer + "x",
            viewer.toUpperCase(Locale.ROOT),
            hash,
            "flt_" + viewer.substring(4, 24) + "_" + hash,
            "flt_x_y",
            "flt_",
            "null",
            "whsec_" + "A".repeat(43),
            "x".repeat(9_000))) {
      problem(service.send(service.as(token, "/v1/things/pmem0")), 401, "unauthenticated");
    }
    for (String header : List.of("Basic YTpi", "Bearer", viewer, "Token " + viewer)) {
      problem(
          service.send(service.request("/v1/things/pmem0").header("Authorization", header)),
          401,
          "unauthenticated");
    }
    problem(
        service.send(
            service.as(viewer, "/v1/things/pmem0").header("Authorization", "Bearer " + admin)),
        401,
        "unauthenticated");
    problem(
        service.send(service.request("/v1/things/pmem0?access_token=" + viewer)),
        401,
        "unauthenticated");
  }

  private static String hashOf(String token) {
    ApiToken parsed = ApiToken.parse(token);
    assertThat(parsed).isNotNull();
    return parsed.hash();
  }

  @Test
  void aTokenThatHasExpiredOrIsRevokedLetsNobodyIn() {
    JsonNode made =
        service.json(
            posting(
                service.as(admin, "/v1/tokens"),
                "{\"name\":\"brief\",\"role\":\"admin\",\"expires\":\"PT1.5S\"}"),
            201);
    String brief = made.get("token").asString();
    await(
        "the token has expired",
        () -> service.status(service.as(brief, "/v1/things/pmem0")),
        status -> status == 401);

    String revoked = service.newToken(admin, "operator");
    assertThat(service.status(service.as(revoked, "/v1/things/pmem0"))).isEqualTo(200);
    String id = revoked.substring(4, 24);
    assertThat(service.status(service.as(operator, "/v1/tokens/" + id).DELETE())).isEqualTo(403);
    assertThat(service.status(service.as(admin, "/v1/tokens/" + id).DELETE())).isEqualTo(204);
    problem(service.send(service.as(revoked, "/v1/things/pmem0")), 401, "unauthenticated");
    assertThat(service.status(service.as(admin, "/v1/tokens/" + id).DELETE())).isEqualTo(404);
  }

  /** Its end while a request is answered does not tear the answer. */
  @Test
  void whoeverWasLetInGetsTheWholeAnswer() {
    String token = service.newToken(admin, "viewer");
    HttpResponse<String> answer =
        service.whileHeld(
            service.as(token, "/v1/held"),
            () ->
                assertThat(
                        service.status(
                            service.as(admin, "/v1/tokens/" + token.substring(4, 24)).DELETE()))
                    .isEqualTo(204));
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).isEqualTo("{\"held\":\"long\"}");
    problem(service.send(service.as(token, "/v1/held")), 401, "unauthenticated");
  }

  @Test
  void aStreamEndsWithTheTokenThatOpenedIt() throws IOException {
    String token = service.newToken(admin, "viewer");
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket
          .getOutputStream()
          .write(
              ("GET /v1/stream HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer "
                      + token
                      + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      assertThat(in.read()).isEqualTo('H');
      assertThat(service.status(service.as(admin, "/v1/tokens/" + token.substring(4, 24)).DELETE()))
          .isEqualTo(204);
      untilClosed(in);
    }
  }

  @Test
  void onlyHashesAreKeptAndATokenIsAnsweredOnce() {
    String token = service.newToken(admin, "viewer");
    String secret = token.substring(token.length() - 43);
    HttpResponse<String> list = service.send(service.as(admin, "/v1/tokens?limit=10000"));
    assertThat(list.body())
        .contains(token.substring(4, 24))
        .doesNotContain(secret)
        .doesNotContain("hash");
    String first =
        Json.LENIENT
            .readTree(service.send(service.as(admin, "/v1/tokens?limit=1")).body())
            .get("next")
            .asString();
    JsonNode second = service.json(service.as(admin, "/v1/tokens?limit=1&after=" + first), 200);
    assertThat(second.at("/items/0/id").asString()).isGreaterThan(first);
    await("a use is told", () -> lastUsed(admin) != null);
    TopicText tokens = TopicText.of(service.connection(), AccessTopics.TOKENS);
    assertThat(tokens.text()).contains(hashOf(token)).doesNotContain(secret);
    for (String wrong :
        List.of(
            "{\"name\":\"a b\",\"role\":\"viewer\"}",
            "{\"name\":\"a\",\"role\":\"root\"}",
            "{\"name\":\"a\",\"role\":\"service\"}",
            "{\"name\":\"a\",\"role\":\"viewer\",\"expires\":\"2001-01-01T00:00:00Z\"}",
            "{\"name\":\"a\",\"role\":\"viewer\",\"expires\":\"soon\"}",
            "{\"name\":\"a\",\"role\":\"viewer\",\"expires\":\"P99999D\"}")) {
      problem(
          service.send(posting(service.as(admin, "/v1/tokens"), wrong)), 400, "malformed-request");
    }
  }

  private static JsonNode lastUsed(String token) {
    for (JsonNode each :
        service.json(service.as(admin, "/v1/tokens?limit=10000"), 200).get("items")) {
      if (each.get("id").asString().equals(token.substring(4, 24))) {
        return each.path("lastUsed").isString() ? each.get("lastUsed") : null;
      }
    }
    throw new AssertionError("not listed");
  }

  // --- JWT

  @Test
  void aJwtOfTheProviderIsTakenWithItsRole() {
    String jwt = provider.token("operator", claims -> claims);
    assertThat(service.status(service.as(jwt, "/v1/things/pmem0"))).isEqualTo(200);
    assertThat(service.status(posting(service.as(jwt, INJECT), "{}"))).isEqualTo(200);
    assertThat(service.status(service.as(jwt, "/v1/tokens"))).isEqualTo(403);
    assertThat(service.json(service.as(jwt, "/v1/session"), 200).get("name").asString())
        .isEqualTo("ada");
    String roleless = provider.token("gardener", claims -> claims);
    problem(service.send(service.as(roleless, "/v1/things/pmem0")), 403, "forbidden");
  }

  @Test
  void otherJwtsLetNobodyIn() {
    Date past = Date.from(Instant.now().minusSeconds(3_600));
    Date future = Date.from(Instant.now().plusSeconds(3_600));
    String good = provider.token("admin", claims -> claims);
    String[] parts = good.split("\\.");
    String swapped = provider.token("viewer", claims -> claims).split("\\.")[1];
    for (String jwt :
        List.of(
            Provider.forged(),
            Provider.unsigned(),
            provider.withPublicKeyAsSecret(),
            parts[0] + "." + parts[1] + ".",
            parts[0] + "." + swapped + "." + parts[2],
            provider.token("admin", claims -> claims.expirationTime(past)),
            provider.token("admin", claims -> claims.expirationTime(null)),
            provider.token("admin", claims -> claims.notBeforeTime(future)),
            provider.token("admin", claims -> claims.audience("somebody-else")),
            provider.token("admin", claims -> claims.audience((String) null)),
            provider.token("admin", claims -> claims.issuer("https://evil.example")),
            provider.token("admin", claims -> claims.issuer(null)),
            "a.b.c",
            "..")) {
      problem(service.send(service.as(jwt, "/v1/things/pmem0")), 401, "unauthenticated");
    }
    assertThat(service.status(service.as(good, "/v1/tokens"))).isEqualTo(200);
  }

  @Test
  void unknownKeysDoNotMakeUsAskTheProviderEachTime() {
    for (int i = 0; i < 20; i++) {
      int status =
          service.status(service.as(provider.withKeyId("k" + UUID.randomUUID()), "/v1/things/a"));
      assertThat(status).isIn(401, 503);
    }
    assertThat(provider.asked()).isLessThan(10);
  }

  // --- services

  @Test
  void onlyAServiceSpeaksForOthersAndItIsInTheAuditLog() {
    String person = "p" + UUID.randomUUID();
    HttpRequest.Builder byService =
        posting(service.as(ofService, INJECT), "{}").header("Faultline-On-Behalf-Of", person);
    assertThat(service.status(byService)).isEqualTo(200);
    HttpRequest.Builder byOperator =
        posting(service.as(operator, INJECT), "{}").header("Faultline-On-Behalf-Of", person);
    assertThat(service.status(byOperator)).isEqualTo(200);
    await("it is audited", () -> audit("?limit=50").toString(), told -> told.contains(person));
    JsonNode spoken = null;
    int mentions = 0;
    for (JsonNode entry : audit("?limit=50").get("items")) {
      if (entry.get("who").asString().equals(person)) {
        spoken = entry;
        mentions++;
      }
    }
    assertThat(mentions).isEqualTo(1);
    assertThat(spoken).isNotNull();
    assertThat(spoken.get("through").asString()).isEqualTo("service");
  }

  @Test
  void whatAServiceSignsIsTaken() throws IOException, InterruptedException {
    HttpRequest request = service.calls().signed(service.request("/v1/things/pmem0")).build();
    assertThat(request.headers().firstValue("Authorization")).hasValue("Bearer " + ofService);
    assertThat(
            service
                .calls()
                .client(GuardedService.PATIENCE)
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode())
        .isEqualTo(200);
  }

  // --- keys

  /** Who knows the key of another one does not get what that one was answered. */
  @Test
  void anIdempotencyKeyIsOnesOwnInAllOnesSessions() {
    String other = service.newToken(admin, "operator");
    String session = session(operator);
    String jwt = provider.token("operator", claims -> claims);
    String own = command(service.as(operator, INJECT));
    assertThat(own).startsWith("POST " + INJECT + " k1 ").doesNotContain(operator);
    assertThat(command(service.as(operator, INJECT))).isEqualTo(own);
    assertThat(command(with(session, INJECT))).isEqualTo(own);
    assertThat(command(service.as(jwt, INJECT)))
        .isEqualTo(command(service.as(provider.token("operator", claims -> claims), INJECT)))
        .isEqualTo(command(with(session(jwt), INJECT)));
    assertThat(
            List.of(
                own,
                command(service.as(other, INJECT)),
                command(service.as(admin, INJECT)),
                command(service.as(jwt, INJECT)),
                command(
                    service.as(
                        provider.token("operator", claims -> claims.subject("grace")), INJECT)),
                command(service.as(ofService, INJECT)),
                command(service.as(ofService, INJECT).header("Faultline-On-Behalf-Of", "a")),
                command(service.as(ofService, INJECT).header("Faultline-On-Behalf-Of", "b"))))
        .doesNotHaveDuplicates();
  }

  private static String command(HttpRequest.Builder request) {
    return service
        .json(posting(request, "{}").header("Idempotency-Key", "k1"), 200)
        .get("command")
        .asString();
  }

  private static String session(String token) {
    return service
        .send(posting(service.request("/v1/session"), "{\"token\":\"" + token + "\"}"))
        .headers()
        .firstValue("Set-Cookie")
        .orElseThrow()
        .split(";")[0];
  }

  // --- audit

  @Test
  void everyChangeIsToldWithItsOutcomeAndWithoutSecrets() {
    String id = "r-" + UUID.randomUUID();
    String key = "k" + UUID.randomUUID();
    service.send(
        posting(service.as(operator, INJECT + "?token=" + viewer), "{\"x\":\"" + key + "\"}")
            .header("X-Request-Id", id));
    service.send(posting(service.as(viewer, INJECT), "{}").header("X-Request-Id", id + "2"));
    service.send(service.as(viewer, "/v1/things/pmem0").header("X-Request-Id", id + "3"));
    await("it is audited", () -> entry(id + "2") != null);
    JsonNode done = entry(id);
    JsonNode refused = entry(id + "2");
    assertThat(done.get("who").asString()).isEqualTo("t");
    assertThat(done.get("credential").asString()).isEqualTo(operator.substring(4, 24));
    assertThat(done.get("status").asInt()).isEqualTo(200);
    assertThat(done.get("path").asString()).startsWith(INJECT);
    assertThat(refused.get("status").asInt()).isEqualTo(403);
    assertThat(refused.get("problem").asString()).isEqualTo("forbidden");
    assertThat(entry(id + "3")).isNull();
    String all = TopicText.of(service.connection(), AccessTopics.AUDIT).text();
    assertThat(all).doesNotContain(viewer).doesNotContain(key).doesNotContain(operator);
    JsonNode newest = audit("?limit=1");
    JsonNode older = audit("?limit=1&after=" + newest.get("next").asLong());
    assertThat(older.get("items").size()).isEqualTo(1);
    assertThat(older.get("items").get(0)).isNotEqualTo(newest.get("items").get(0));
  }

  private static JsonNode audit(String query) {
    return service.json(service.as(admin, "/v1/audit" + query), 200);
  }

  private static JsonNode entry(String requestId) {
    for (JsonNode entry : audit("?limit=100").get("items")) {
      if (entry.get("requestId").asString().equals(requestId)) {
        return entry;
      }
    }
    return null;
  }

  // --- browsers

  @Test
  void aSessionIsACookieThatEndsWithItsTokenAndNoPageOfOthersCanUse() {
    String token = service.newToken(admin, "operator");
    HttpResponse<String> opened =
        service.send(posting(service.request("/v1/session"), "{\"token\":\"" + token + "\"}"));
    assertThat(opened.statusCode()).isEqualTo(201);
    String cookie = opened.headers().firstValue("Set-Cookie").orElseThrow();
    assertThat(cookie).contains("HttpOnly", "SameSite=Strict", "Path=/").doesNotContain(token);
    assertThat(opened.body()).doesNotContain("flt_");
    String session = cookie.substring(0, cookie.indexOf(';'));

    assertThat(service.status(with(session, "/v1/things/pmem0"))).isEqualTo(200);
    String own = "http://127.0.0.1:" + service.port();
    assertThat(service.status(posting(with(session, INJECT), "{}").header("Origin", own)))
        .isEqualTo(200);
    for (String origin :
        List.of(
            "https://evil.example",
            "null",
            "http://127.0.0.1",
            "http://127.0.0.1:" + (service.port() + 1),
            own + ".evil.example",
            "http://evil.example@127.0.0.1:" + service.port())) {
      problem(
          service.send(posting(with(session, INJECT), "{}").header("Origin", origin)),
          403,
          "cross-site");
    }
    for (String site : List.of("cross-site", "same-site")) {
      problem(
          service.send(posting(with(session, INJECT), "{}").header("Sec-Fetch-Site", site)),
          403,
          "cross-site");
      problem(
          service.send(with(session, "/v1/things/pmem0").header("Sec-Fetch-Site", site)),
          403,
          "cross-site");
    }
    problem(
        service.send(
            posting(
                service.request("/v1/session"), "{\"token\":\"" + session.split("=")[1] + "\"}")),
        401,
        "unauthenticated");

    for (String without : List.of("{}", "{\"token\":null}")) {
      problem(
          service.send(posting(service.request("/v1/session"), without)), 400, "malformed-request");
    }

    assertThat(service.status(with(session, "/v1/session").DELETE())).isEqualTo(204);
    assertThat(service.status(with(session, "/v1/things/pmem0"))).isEqualTo(401);

    String second = session(token);
    assertThat(service.status(with(second, "/v1/things/pmem0"))).isEqualTo(200);
    service.send(service.as(admin, "/v1/tokens/" + token.substring(4, 24)).DELETE());
    assertThat(service.status(with(second, "/v1/things/pmem0"))).isEqualTo(401);
  }

  private static HttpRequest.Builder with(String session, String path) {
    return service.request(path).header("Cookie", session);
  }

  // --- paths and sizes

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/session/../tokens",
        "/v1/session/%2e%2e/tokens",
        "/v1/session/.%2E/tokens",
        "/actuator/health/readiness/../../prometheus",
        "/actuator/health/readiness;/../prometheus",
        "/v1/tokens;x=/actuator/health/readiness",
        "/v1/session;jsessionid=1",
        "//v1/tokens",
        "/v1//tokens",
        "/v1/./tokens",
        "/v1/tokens/",
        "/v1/Tokens",
        "/V1/TOKENS",
        "/v1/tokens%00",
        "/v1/tokens%2F",
        "/v1%2Ftokens",
        "/v1/session\\..\\tokens",
        "/v1/session/..%5ctokens",
        "/v1/%74okens",
        "/v1/tokens?x=/v1/session",
        "/v1/tokens#/v1/session",
        "http://x/v1/tokens"
      })
  void noSpellingOfAPathGetsPastTheRules(String path) throws IOException {
    String answer = raw("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertThat(answer).as(path).matches("(?s)HTTP/1\\.1 (400|401|404) .*");
    String asViewer =
        raw(
            "GET "
                + path
                + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + viewer
                + "\r\nConnection: close\r\n\r\n");
    assertThat(asViewer).as(path).matches("(?s)HTTP/1\\.1 (400|403|404) .*");
  }

  @Test
  void methodsInDisguiseAreWhatTheyAre() {
    problem(
        service.send(
            service
                .as(viewer, INJECT + "?_method=GET")
                .header("X-HTTP-Method-Override", "GET")
                .POST(none())),
        403,
        "forbidden");
    assertThat(service.status(service.as(viewer, "/v1/things/pmem0").method("HEAD", none())))
        .isEqualTo(200);
    assertThat(service.status(service.request("/v1/things/pmem0").method("HEAD", none())))
        .isEqualTo(401);
    assertThat(service.status(service.request(INJECT).method("OPTIONS", none()))).isEqualTo(401);
    assertThat(
            service.status(
                service
                    .request(INJECT)
                    .header("Origin", "https://evil.example")
                    .method("OPTIONS", none())))
        .isEqualTo(401);
  }

  @Test
  void oversizedBodiesAndHeadersAreRefused() throws IOException {
    byte[] large = new byte[2 * 1024 * 1024];
    problem(
        service.send(
            service
                .as(operator, INJECT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(large))),
        413,
        "body-too-large");
    String answer =
        raw("GET /v1/things/a HTTP/1.1\r\nHost: x\r\nX: " + "x".repeat(20_000) + "\r\n\r\n");
    assertThat(answer).startsWith("HTTP/1.1 400").doesNotContain("Tomcat");
    String many = raw("GET /v1/things/a HTTP/1.1\r\nHost: x\r\n" + "A: b\r\n".repeat(500) + "\r\n");
    assertThat(many).startsWith("HTTP/1.1 4");
    // A stranger's body is not even read.
    String announced =
        raw(
            "POST "
                + INJECT
                + " HTTP/1.1\r\n"
                + "Host: x\r\n"
                + "Content-Type: application/json\r\n"
                + "Content-Length: 1000000000\r\n\r\n"
                + "{");
    assertThat(announced).startsWith("HTTP/1.1 401").contains("Connection: close");
  }

  @Test
  void twoLengthsOrTwoHostsAreRefused() throws IOException {
    assertThat(
            raw(
                "POST "
                    + INJECT
                    + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"))
        .startsWith("HTTP/1.1 400");
    assertThat(raw("GET /v1/tokens HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(raw("GET /v1/tokens HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET /v1/thi",
        "GET /v1/things/a HTTP/1.1\r\nHost: x\r\nX: ",
        "POST /v1/session HTTP/1.1\r\n"
            + "Host: x\r\n"
            + "Content-Type: application/json\r\n"
            + "Content-Length: 100\r\n\r\n"
            + "{\"to"
      })
  void whoStopsInTheMiddleIsNotWaitedFor(String begun) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket.getOutputStream().write(begun.getBytes(StandardCharsets.US_ASCII));
      socket.getOutputStream().flush();
      untilClosed(socket.getInputStream());
    }
  }

  // Each byte comes long before the connection is silent for too long.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "GET /v1/things/a HTTP/1.1\r\nHost: x\r\nX: ",
        "POST /v1/session HTTP/1.1\r\n"
            + "Host: x\r\n"
            + "Content-Type: application/json\r\n"
            + "Content-Length: 1000000\r\n\r\n"
      })
  void whoDripsIsNotWaitedFor(String begun) throws IOException {
    double before = service.counted("faultline.requests.slow");
    assertThat(Drip.of(service.port(), begun, "x")).matches("(?s)|HTTP/1.1 408 .*");
    assertThat(service.counted("faultline.requests.slow")).isGreaterThan(before);
  }

  @Test
  void emptyLinesInsteadOfARequestAreNotWaitedForEither() throws IOException {
    assertThat(Drip.of(service.port(), "", "\r\n")).isEmpty();
    String after = "GET /actuator/health/readiness HTTP/1.1\r\nHost: x\r\n\r\n";
    assertThat(Drip.of(service.port(), after, "\r\n")).startsWith("HTTP/1.1 200");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Content-Length: 100000", "Transfer-Encoding: chunked"})
  void aDrippingBodyIsEndedAndChangesNothing(String framing) throws IOException {
    int before = service.changes();
    String piece = framing.startsWith("T") ? "1\r\n \r\n" : " ";
    for (String begun :
        List.of(
            "POST " + INJECT + " HTTP/1.1\r\nContent-Type: application/json",
            "PUT /v1/things/pmem0/data HTTP/1.1\r\nContent-Type: application/octet-stream")) {
      String answer =
          Drip.of(
              service.port(),
              begun
                  + "\r\nHost: x\r\nAuthorization: Bearer "
                  + operator
                  + "\r\n"
                  + framing
                  + "\r\n\r\n",
              piece);
      assertThat(answer)
          .startsWith("HTTP/1.1 408")
          .contains("application/problem+json", "/problems/request-too-slow");
    }
    assertThat(service.changes()).isEqualTo(before);
  }

  /** After an answer that did not want the body, the server takes what is left of it. */
  @Test
  void aBodyThatNobodyWantsIsNotWaitedForEither() throws IOException {
    String health =
        "GET /actuator/health/readiness HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    assertThat(Drip.of(service.port(), health, "x")).startsWith("HTTP/1.1 200");
    String stranger = "POST " + INJECT + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n";
    assertThat(Drip.of(service.port(), stranger, "x")).startsWith("HTTP/1.1 401");
  }

  /** Longer than the grace, and quicker than the least rate. */
  @Test
  void anHonestClientMayBeSlow() throws IOException {
    int before = service.changes();
    int pieces = 60;
    String answer =
        Drip.of(
            service.port(),
            "PUT /v1/things/pmem0/data HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                + operator
                + "\r\nConnection: close\r\nContent-Type: application/octet-stream"
                + "\r\nContent-Length: "
                + pieces * 1_000
                + "\r\n\r\n",
            "x".repeat(1_000));
    assertThat(answer).startsWith("HTTP/1.1 200").contains("{\"bytes\":" + pieces * 1_000 + "}");
    assertThat(service.changes()).isEqualTo(before + 1);
  }

  private static void untilClosed(InputStream in) {
    try {
      in.readAllBytes();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  private static HttpRequest.BodyPublisher none() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private static String raw(String request) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", service.port())) {
      socket.setSoTimeout((int) GuardedService.PATIENCE.toMillis());
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.US_ASCII));
      out.flush();
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static JsonNode problem(HttpResponse<String> answer, int status, String kind) {
    assertThat(answer.statusCode()).as(answer.uri() + " " + answer.body()).isEqualTo(status);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/problem+json");
    JsonNode problem = Json.LENIENT.readTree(answer.body());
    assertThat(problem.get("type").asString()).isEqualTo("/problems/" + kind);
    return problem;
  }
}
