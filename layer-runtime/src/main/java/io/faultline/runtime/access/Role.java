package io.faultline.runtime.access;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a caller may do: all that the roles before it may, and more. */
public enum Role {
  /** Who has not said who they are. */
  ANYONE,
  /** Reads. */
  VIEWER,
  /** Injects, unplugs, clears; makes and removes what the layers serve. */
  OPERATOR,
  /** Watchers, tokens, the audit log. */
  ADMIN;

  /** Whether who has this role may do what {@code needed} is needed for. */
  public boolean covers(Role needed) {
    return compareTo(needed) >= 0;
  }

  /** As requests, answers and files write it. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The role that a credential can have by that name; null if there is none. */
  public static @Nullable Role ofCredential(@Nullable String text) {
    for (Role role : values()) {
      if (role != ANYONE && role.text().equals(text)) {
        return role;
      }
    }
    return null;
  }
}
