package io.faultline.runtime.access;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Who is let in, under {@code faultline.access.*}.
 *
 * @param required whether callers have to say who they are; also where an issuer of JWTs is named
 * @param tokensFile tokens that are made before anything runs; the same in every service
 * @param serviceTokenFile the token that this service shows to the others
 * @param oneProcess whether all services are in this process, so that it need show itself no token
 * @param hosts names beside those of the loopback by which a browser may ask for this service;
 *     while callers must say who they are and none is named, every name is taken
 * @param origins of pages ({@code https://faultline.example}) that may send changes, beside this
 *     service's own
 * @param secureCookie whether sessions go over TLS only, even if a proxy in front ends it
 * @param sessionLife how long a browser's session lasts at most
 * @param maxTokens tokens and sessions at most
 * @param auditRetention how long the topic of the audit log keeps what it has
 * @param limits how many requests are taken, while callers must say who they are
 * @param jwt the tokens of an OpenID provider
 */
@ConfigurationProperties("faultline.access")
public record AccessProperties(
    @DefaultValue("false") boolean required,
    @Nullable Path tokensFile,
    @Nullable Path serviceTokenFile,
    @DefaultValue("false") boolean oneProcess,
    @DefaultValue List<String> hosts,
    @DefaultValue List<String> origins,
    @DefaultValue("false") boolean secureCookie,
    @DefaultValue("PT12H") Duration sessionLife,
    @DefaultValue("10000") int maxTokens,
    @DefaultValue("P90D") Duration auditRetention,
    @DefaultValue Limits limits,
    @DefaultValue Jwt jwt) {

  /**
   * How many requests each instance of a service takes, as buckets of tokens: so many at once, and
   * so many a minute after that, evenly. A number a minute of 0 is no limit.
   *
   * @param callerPerMinute of one caller, in all their sessions; our own services have no limit
   * @param callerBurst at least 1
   * @param strangerPerMinute requests of one address that are answered 401, and tries to open a
   *     session
   * @param strangerBurst at least 1
   * @param kept callers and addresses that are remembered, each; the one that was seen least
   *     recently is forgotten, and begins with a full bucket
   */
  public record Limits(
      @DefaultValue("60000") int callerPerMinute,
      @DefaultValue("2000") int callerBurst,
      @DefaultValue("600") int strangerPerMinute,
      @DefaultValue("300") int strangerBurst,
      @DefaultValue("10000") int kept) {

    /**
     * @throws IllegalArgumentException if a rate is negative or another number is not positive
     */
    public Limits {
      if (callerPerMinute < 0 || strangerPerMinute < 0) {
        throw new IllegalArgumentException(
            "faultline.access.limits.*-per-minute is not negative, but they are "
                + callerPerMinute
                + " and "
                + strangerPerMinute);
      }
      if (callerBurst < 1 || strangerBurst < 1 || kept < 1) {
        throw new IllegalArgumentException(
            "faultline.access.limits.*-burst and .kept are at least 1, but they are "
                + callerBurst
                + ", "
                + strangerBurst
                + " and "
                + kept);
      }
    }
  }

  /**
   * @param issuer what {@code iss} must be; empty: no JWTs are taken
   * @param audiences one of them must be in {@code aud}
   * @param jwkSetUri where the provider's public keys are
   * @param algorithms signatures that are taken; asymmetric ones only
   * @param rolesClaim the claim with the names of roles, with dots into objects: {@code
   *     realm_access.roles}
   * @param nameClaim the claim that names the person
   * @param viewers names in the claim that make a viewer
   * @param operators names in the claim that make an operator
   * @param admins names in the claim that make an administrator
   * @param clockSkew how far the provider's clock may be from ours
   */
  public record Jwt(
      @DefaultValue("") String issuer,
      @DefaultValue List<String> audiences,
      @DefaultValue("") String jwkSetUri,
      @DefaultValue({"RS256", "ES256"}) List<String> algorithms,
      @DefaultValue("roles") String rolesClaim,
      @DefaultValue("sub") String nameClaim,
      @DefaultValue("viewer") List<String> viewers,
      @DefaultValue("operator") List<String> operators,
      @DefaultValue("admin") List<String> admins,
      @DefaultValue("PT30S") Duration clockSkew) {

    boolean isTaken() {
      return !issuer.isEmpty();
    }
  }

  /** Whether callers have to say who they are. */
  public boolean isOn() {
    return required || jwt.isTaken();
  }
}
