package io.faultline.runtime.access;

import io.faultline.runtime.core.Problem;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds out from a request's headers who makes it. A token in a query is none. */
final class Credentials {

  private static final Logger log = LoggerFactory.getLogger(Credentials.class);

  /** The cookie of a browser's session. */
  static final String COOKIE = "faultline-session";

  /** Names the person that a service makes a call for; believed of services only. */
  static final String ON_BEHALF_OF = "Faultline-On-Behalf-Of";

  private static final long WARN_AGAIN_NANOS = 60_000_000_000L;
  private static final String BEARER = "bearer ";
  private static final int MAX_LENGTH = 8 * 1024;
  private static final Pattern PERSON = Pattern.compile("[\\x20-\\x7E]{1,128}");

  /** What is known of who makes a request. */
  sealed interface Shown {

    record Known(Caller caller) implements Shown {}

    /** They showed something that lets nobody in, or nobody now. */
    record Refused(Problem problem) implements Shown {}
  }

  private final AtomicLong warned = new AtomicLong(System.nanoTime() - WARN_AGAIN_NANOS);
  private final TokenDirectory tokens;
  private final @Nullable JwtCallers jwts;

  Credentials(TokenDirectory tokens, @Nullable JwtCallers jwts) {
    this.tokens = tokens;
    this.jwts = jwts;
  }

  Shown of(HttpServletRequest request) {
    List<String> headers = Collections.list(request.getHeaders("Authorization"));
    if (headers.size() > 1) {
      return new Shown.Refused(unauthenticated("There is more than one Authorization header"));
    }
    if (headers.size() == 1) {
      String header = headers.getFirst();
      if (!header.toLowerCase(Locale.ROOT).startsWith(BEARER)) {
        return new Shown.Refused(
            unauthenticated(
                "Authorization has the form \"Bearer <token>\", with a token or a JWT"));
      }
      return onBehalf(bearer(header.substring(BEARER.length()).strip()), request);
    }
    Cookie[] cookies = request.getCookies();
    for (Cookie cookie : cookies == null ? new Cookie[0] : cookies) {
      if (cookie.getName().equals(COOKIE)) {
        return bearer(cookie.getValue());
      }
    }
    return new Shown.Known(Caller.NOBODY);
  }

  /** A token of ours, or a JWT. */
  Shown bearer(String text) {
    if (text.length() <= MAX_LENGTH && text.startsWith(ApiToken.PREFIX)) {
      ApiToken token = ApiToken.parse(text);
      return token == null ? new Shown.Refused(notLetIn()) : token(token);
    }
    boolean isJwt = text.length() <= MAX_LENGTH && text.chars().filter(c -> c == '.').count() == 2;
    return isJwt && jwts != null ? jwt(jwts, text) : new Shown.Refused(notLetIn());
  }

  private Shown token(ApiToken token) {
    return switch (tokens.show(token)) {
      case TokenDirectory.Shown.Good(Caller caller) -> new Shown.Known(caller);
      case TokenDirectory.Shown.Bad() -> new Shown.Refused(notLetIn());
      case TokenDirectory.Shown.NotYet() ->
          new Shown.Refused(Problem.unavailable("The tokens have not all been read yet"));
    };
  }

  private Shown jwt(JwtCallers jwts, String text) {
    return switch (jwts.show(text)) {
      case JwtCallers.Shown.Good(Caller caller) -> new Shown.Known(caller);
      case JwtCallers.Shown.Bad(String why) -> {
        log.debug("a JWT is refused: {}", why);
        yield new Shown.Refused(notLetIn());
      }
      case JwtCallers.Shown.NotNow(String why) -> {
        warn(why);
        yield new Shown.Refused(
            Problem.unavailable("The keys of the OpenID provider cannot be had just now"));
      }
    };
  }

  /** Anybody can name a key that is not there, but not fill the log with it. */
  private void warn(String why) {
    long now = System.nanoTime();
    long last = warned.get();
    if (now - last > WARN_AGAIN_NANOS && warned.compareAndSet(last, now)) {
      log.warn("JWTs cannot be checked just now: {}", why);
    }
  }

  private static Shown onBehalf(Shown shown, HttpServletRequest request) {
    String person = request.getHeader(ON_BEHALF_OF);
    boolean believed =
        shown instanceof Shown.Known(Caller caller)
            && caller.kind() == Caller.Kind.SERVICE
            && person != null
            && PERSON.matcher(person).matches();
    if (believed && shown instanceof Shown.Known(Caller caller)) {
      return new Shown.Known(
          new Caller(
              caller.kind(),
              caller.name(),
              caller.role(),
              caller.credential(),
              caller.root(),
              caller.expires(),
              person));
    }
    return shown;
  }

  static Problem unauthenticated(String detail) {
    return new Problem("unauthenticated", 401, "Say who you are", detail);
  }

  /** The same for whatever is wrong: who guesses learns nothing. */
  private static Problem notLetIn() {
    return unauthenticated("This token is not known, was revoked, has expired or is for others");
  }
}
