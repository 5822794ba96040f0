package io.faultline.runtime.access;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;

/** Makes and revokes what the topic of tokens has: tokens and sessions. */
final class TokenMaker {

  private static final Duration LONGEST_LIFE = Duration.ofDays(3650);

  private final AccessProperties settings;
  private final TokenDirectory tokens;
  private final AccessFeed feed;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  TokenMaker(AccessProperties settings, AccessTokens tokens, InstantSource clock) {
    this.settings = settings;
    this.tokens = tokens.directory();
    this.feed = tokens.feed();
    this.clock = clock;
  }

  ResponseEntity<Map<String, Object>> create(TokensController.NewToken wanted, Caller caller) {
    if (!TokensFile.isName(wanted.name())) {
      throw Edge.malformed(
          "name has 1 to 63 letters, digits and ._@-, but it is " + Edge.quote(wanted.name()));
    }
    Role role = Role.ofCredential(wanted.role());
    if (role == null) {
      throw Edge.malformed(
          "role is viewer, operator or admin, but it is " + Edge.quote(wanted.role()));
    }
    Made made =
        make(
            StoredToken.Kind.TOKEN,
            wanted.name(),
            role,
            caller.name(),
            expiry(wanted.expires()),
            null);
    Map<String, Object> answer = view(made.stored());
    answer.put("token", made.token().text());
    return ResponseEntity.status(HttpStatus.CREATED)
        .cacheControl(CacheControl.noStore())
        .body(answer);
  }

  /** What was made; the token itself is kept nowhere. */
  record Made(ApiToken token, StoredToken stored) {}

  /** A session of whoever shows that they may come in: not longer than that, nor for ever. */
  Made session(Caller caller) {
    forgetEnded();
    Instant latest = clock.instant().plus(settings.sessionLife()).truncatedTo(ChronoUnit.SECONDS);
    Instant expires = caller.expires();
    return make(
        StoredToken.Kind.SESSION,
        caller.name(),
        caller.role(),
        caller.name(),
        expires == null || expires.isAfter(latest) ? latest : expires,
        caller.credential().isEmpty() ? null : caller.credential());
  }

  private Made make(
      StoredToken.Kind kind,
      String name,
      Role role,
      String createdBy,
      @Nullable Instant expires,
      @Nullable String parent) {
    refuseWhileOff();
    if (tokens.size() >= settings.maxTokens()) {
      throw new ProblemException(
          new Problem(
              "too-many-tokens",
              507,
              "There is no room for another token",
              "There are " + settings.maxTokens() + " tokens and sessions; revoke some"));
    }
    ApiToken token = ApiToken.random(random);
    StoredToken stored =
        new StoredToken(
            token.id(),
            kind,
            name,
            role,
            token.hash(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS),
            createdBy,
            expires,
            parent,
            null);
    write(token.id(), stored);
    return new Made(token, stored);
  }

  /** Whoever has it is let in nowhere any more as soon as each service has read that: at once. */
  void revoke(String id) {
    refuseWhileOff();
    StoredToken token = tokens.find(id);
    if (token == null || token.revoked() != null) {
      throw new ProblemException(Problem.notFound("There is no token " + Edge.quote(id)));
    }
    if (!tokens.isInFile(id)) {
      write(id, null);
      feed.forgetUse(id);
      return;
    }
    // Its line may stay in the file: the topic's word counts before it.
    write(
        id,
        new StoredToken(
            id,
            token.kind(),
            token.name(),
            token.role(),
            token.hash(),
            token.created(),
            token.createdBy(),
            token.expires(),
            token.parent(),
            clock.instant().truncatedTo(ChronoUnit.SECONDS)));
  }

  /** Sessions that are over make room for new ones. */
  private void forgetEnded() {
    Instant now = clock.instant();
    for (StoredToken token : tokens.all()) {
      if (token.kind() == StoredToken.Kind.SESSION && !token.isGood(now)) {
        write(token.id(), null);
      }
    }
  }

  private void write(String id, @Nullable StoredToken token) {
    try {
      feed.write(id, token);
    } catch (KafkaException e) {
      throw new ProblemException(
          Problem.unavailable(
              "Kafka, which keeps the tokens, does not answer; look before you try again"));
    }
  }

  /** Tokens that were made while nobody is asked would let in when somebody is. */
  void refuseWhileOff() {
    if (!settings.isOn()) {
      throw new ProblemException(
          Problem.conflict(
              "access-control-off",
              "Nobody is asked for a token",
              "Access control is off, so a token would be of no use; set"
                  + " faultline.access.required=true"));
    }
  }

  private @Nullable Instant expiry(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Instant now = clock.instant();
    try {
      Instant expires = text.startsWith("P") ? now.plus(Duration.parse(text)) : Instant.parse(text);
      if (expires.isAfter(now) && expires.isBefore(now.plus(LONGEST_LIFE))) {
        return expires.truncatedTo(ChronoUnit.SECONDS);
      }
    } catch (DateTimeException | ArithmeticException e) {
      // Told below.
    }
    throw Edge.malformed(
        "expires is a time to come (2027-01-31T00:00:00Z) or a duration from now (P90D), ten years"
            + " at most, but it is "
            + Edge.quote(text));
  }

  /** What may be shown of a token. */
  static Map<String, Object> view(StoredToken token) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("id", token.id());
    view.put("kind", token.kind().name().toLowerCase(Locale.ROOT));
    view.put("name", token.name());
    view.put("role", token.role().text());
    view.put("created", token.created().equals(Instant.EPOCH) ? null : token.created());
    view.put("createdBy", token.createdBy().isEmpty() ? null : token.createdBy());
    view.put("expires", token.expires());
    if (token.revoked() != null) {
      view.put("revoked", token.revoked());
    }
    return view;
  }
}
