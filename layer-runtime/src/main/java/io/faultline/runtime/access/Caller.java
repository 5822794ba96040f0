package io.faultline.runtime.access;

import io.faultline.runtime.http.Edge;
import jakarta.servlet.http.HttpServletRequest;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/**
 * Who makes a request.
 *
 * @param kind how they said who they are
 * @param name for people to read; of a token its name, of a JWT its subject
 * @param role what they may do
 * @param credential the id of the token; empty where there is none
 * @param root the token that it began with: of a session the one that it was opened with; empty
 *     where it began with no token of ours
 * @param expires when the credential ends; null if never
 * @param onBehalfOf the person that a service makes this call for; null if it makes it by itself
 */
public record Caller(
    Kind kind,
    String name,
    Role role,
    String credential,
    String root,
    @Nullable Instant expires,
    @Nullable String onBehalfOf) {

  /** How callers said who they are. */
  public enum Kind {
    /** They did not, and need not: access control is off. */
    OPEN,
    /** They did not. */
    NOBODY,
    TOKEN,
    SESSION,
    JWT,
    /** One of our own services. */
    SERVICE
  }

  static final Caller OPEN = new Caller(Kind.OPEN, "anyone", Role.ADMIN, "", "", null, null);
  static final Caller NOBODY = new Caller(Kind.NOBODY, "nobody", Role.ANYONE, "", "", null, null);

  private static final String ATTRIBUTE = Caller.class.getName();

  /** Who makes this request; nobody if the access filter has not seen it. */
  public static Caller of(HttpServletRequest request) {
    return request.getAttribute(ATTRIBUTE) instanceof Caller caller ? caller : NOBODY;
  }

  /** Who makes the request that this thread is carrying out; nobody if it carries out none. */
  static Caller ofThisThread() {
    return RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes request
        ? of(request.getRequest())
        : NOBODY;
  }

  void attachTo(HttpServletRequest request) {
    request.setAttribute(ATTRIBUTE, this);
    Edge.identify(request, identity());
  }

  /** Whether somebody proved who they are. */
  boolean isKnown() {
    return kind != Kind.OPEN && kind != Kind.NOBODY;
  }

  /**
   * One and the same for all that somebody does, whatever session of theirs it is in, and for
   * nobody else; empty where nobody said who they are.
   */
  String identity() {
    if (!isKnown()) {
      return "";
    }
    String whose = root.isEmpty() ? "name:" + name : "token:" + root;
    return onBehalfOf == null ? whose : whose + " for " + onBehalfOf;
  }

  /** The person behind it all. */
  String person() {
    return onBehalfOf == null ? name : onBehalfOf;
  }
}
