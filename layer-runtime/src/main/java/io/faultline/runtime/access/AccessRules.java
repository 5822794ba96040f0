package io.faultline.runtime.access;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one service, a bean of it. What no rule names is served to nobody while access
 * control is on; a test holds that every mapping of every controller is named.
 */
public final class AccessRules {

  private final List<AccessRule> rules;

  private AccessRules(List<AccessRule> rules) {
    this.rules = List.copyOf(rules);
  }

  List<AccessRule> rules() {
    return rules;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** Takes rules as {@code "GET /v1/hosts/{host}"}, many for each role. */
  public static final class Builder {
    private final List<AccessRule> rules = new ArrayList<>();

    private Builder() {}

    /** Whoever asks, before they said who they are: nothing of the installation is told there. */
    public Builder anyone(String... requests) {
      return add(Role.ANYONE, requests);
    }

    public Builder viewer(String... requests) {
      return add(Role.VIEWER, requests);
    }

    public Builder operator(String... requests) {
      return add(Role.OPERATOR, requests);
    }

    public Builder admin(String... requests) {
      return add(Role.ADMIN, requests);
    }

    /** A viewer may, but with a query parameter that is not {@code false} only an operator. */
    public Builder viewerUnless(String parameter, String request) {
      rules.add(rule(Role.VIEWER, request, parameter));
      return this;
    }

    private Builder add(Role role, String... requests) {
      for (String request : requests) {
        rules.add(rule(role, request, null));
      }
      return this;
    }

    private static AccessRule rule(Role role, String request, @Nullable String parameter) {
      int space = request.indexOf(' ');
      return new AccessRule(
          request.substring(0, space), request.substring(space + 1), role, parameter);
    }

    public AccessRules build() {
      return new AccessRules(rules);
    }
  }
}
