package io.faultline.runtime.access;

import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.http.CacheControl;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/**
 * A browser's session: a token of its own in a cookie that no script can read and no page of
 * another site makes the browser send. It ends with the token that it was opened with.
 */
@RestController
public final class SessionController {

  private final TokenMaker maker;
  private final Credentials credentials;
  private final AccessProperties settings;
  private final InstantSource clock;

  SessionController(
      TokenMaker maker, Credentials credentials, AccessProperties settings, InstantSource clock) {
    this.maker = maker;
    this.credentials = credentials;
    this.settings = settings;
    this.clock = clock;
  }

  /**
   * @param token a token, or the JWT of an OpenID provider
   */
  public record NewSession(@Nullable String token) {}

  @PostMapping(path = "/v1/session", consumes = "application/json")
  ResponseEntity<Map<String, Object>> open(
      @RequestBody NewSession wanted, HttpServletRequest request) {
    maker.refuseWhileOff();
    if (wanted.token() == null) {
      throw Edge.malformed("token is a token or a JWT, but it is missing");
    }
    Caller caller =
        switch (credentials.bearer(wanted.token().strip())) {
          case Credentials.Shown.Refused(var problem) -> throw new ProblemException(problem);
          case Credentials.Shown.Known(Caller known) -> known;
        };
    // A session of a session would outlive it; a service has no browser.
    boolean mayOpen = caller.kind() == Caller.Kind.TOKEN || caller.kind() == Caller.Kind.JWT;
    if (!mayOpen || !caller.role().covers(Role.VIEWER)) {
      throw new ProblemException(
          Credentials.unauthenticated("A session is opened with a token or a JWT that has a role"));
    }
    caller.attachTo(request);
    TokenMaker.Made made = maker.session(caller);
    Instant expires = made.stored().expires();
    Duration life = Duration.between(clock.instant(), expires == null ? clock.instant() : expires);
    return ResponseEntity.status(HttpStatus.CREATED)
        .cacheControl(CacheControl.noStore())
        .header(HttpHeaders.SET_COOKIE, cookie(made.token().text(), life, request))
        .body(view(made.stored().caller()));
  }

  @GetMapping("/v1/session")
  ResponseEntity<Map<String, Object>> whoAmI(HttpServletRequest request) {
    return ResponseEntity.ok().cacheControl(CacheControl.noStore()).body(view(Caller.of(request)));
  }

  @DeleteMapping("/v1/session")
  ResponseEntity<Void> close(HttpServletRequest request) {
    Caller caller = Caller.of(request);
    if (caller.kind() == Caller.Kind.SESSION) {
      maker.revoke(caller.credential());
    }
    return ResponseEntity.noContent()
        .header(HttpHeaders.SET_COOKIE, cookie("", Duration.ZERO, request))
        .build();
  }

  private String cookie(String value, Duration life, HttpServletRequest request) {
    return ResponseCookie.from(Credentials.COOKIE, value)
        .httpOnly(true)
        .sameSite("Strict")
        .secure(settings.secureCookie() || request.isSecure())
        .path("/")
        .maxAge(life)
        .build()
        .toString();
  }

  private Map<String, Object> view(Caller caller) {
    Map<String, Object> view = new LinkedHashMap<>();
    view.put("required", settings.isOn());
    view.put("name", caller.name());
    view.put("role", caller.role().text());
    view.put("expires", caller.expires());
    return view;
  }
}
