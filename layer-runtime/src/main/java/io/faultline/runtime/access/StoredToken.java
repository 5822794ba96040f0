package io.faultline.runtime.access;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a token; nothing of it lets anybody in.
 *
 * @param id part of the token that may be shown
 * @param kind what it is for
 * @param name chosen by who made it
 * @param role what its holder may do; of a service {@link Role#OPERATOR}
 * @param hash of the whole token
 * @param created when it was made
 * @param createdBy who made it; empty where that is not known
 * @param expires when it ends; null if never
 * @param parent the token that a session was opened with, whose end ends it; null if there is none
 * @param revoked when it was revoked, where that must be remembered because a file still has it
 */
record StoredToken(
    String id,
    Kind kind,
    String name,
    Role role,
    String hash,
    Instant created,
    String createdBy,
    @Nullable Instant expires,
    @Nullable String parent,
    @Nullable Instant revoked) {

  /** What tokens are for. */
  enum Kind {
    TOKEN,
    SESSION,
    SERVICE
  }

  boolean isGood(Instant now) {
    return revoked == null && (expires == null || now.isBefore(expires));
  }

  /** Empty of a session that was opened with a JWT. */
  private String root() {
    return switch (kind) {
      case TOKEN, SERVICE -> id;
      case SESSION -> parent == null ? "" : parent;
    };
  }

  Caller caller() {
    Caller.Kind caller =
        switch (kind) {
          case TOKEN -> Caller.Kind.TOKEN;
          case SESSION -> Caller.Kind.SESSION;
          case SERVICE -> Caller.Kind.SERVICE;
        };
    return new Caller(caller, name, role, id, root(), expires, null);
  }
}
