package io.faultline.runtime.access;

import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.MalformedURLException;
import java.net.URI;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.BadJwtException;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtException;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

/**
 * Callers with the JWT of an OpenID provider. The algorithms are fixed to asymmetric ones by
 * configuration, whatever a token says of itself (RFC 8725, 3.1); the keys are those that the
 * provider publishes, kept for minutes and asked for anew at most every half minute, however many
 * unknown keys are named.
 */
final class JwtCallers {

  /** What became of a JWT that was shown. */
  sealed interface Shown {

    record Good(Caller caller) implements Shown {}

    /** Forged, expired, for others, from others; the reason is for our log. */
    record Bad(String why) implements Shown {}

    /** The keys to check it with cannot be had just now. */
    record NotNow(String why) implements Shown {}
  }

  private static final int TIMEOUT_MILLIS = 3_000;
  private static final int KEYS_BYTES = 256 * 1024;
  private static final int NAME_LENGTH = 128;

  private final AccessProperties.Jwt settings;
  private final NimbusJwtDecoder decoder;

  /**
   * @param tls how to speak to the provider; null: as Java does
   * @throws StartRefusedException if a setting is missing or unsafe
   */
  JwtCallers(AccessProperties.Jwt settings, @Nullable SSLContext tls) {
    this.settings = settings;
    refuseUnless(
        !settings.jwkSetUri().isEmpty(),
        "faultline.access.jwt.issuer is set, but not where its public keys are",
        "Set faultline.access.jwt.jwk-set-uri to the jwks_uri of the provider");
    refuseUnless(
        !settings.audiences().isEmpty(),
        "faultline.access.jwt.issuer is set, but no audience: a token for anybody would do",
        "Set faultline.access.jwt.audiences to what the provider writes into aud for Faultline");
    NimbusJwtDecoder made = new NimbusJwtDecoder(processor(settings, tls));
    made.setJwtValidator(validator(settings));
    this.decoder = made;
  }

  private static void refuseUnless(boolean right, String message, String remedy) {
    if (!right) {
      throw new StartRefusedException(message, remedy);
    }
  }

  private static DefaultJWTProcessor<SecurityContext> processor(
      AccessProperties.Jwt settings, @Nullable SSLContext tls) {
    Set<JWSAlgorithm> algorithms =
        settings.algorithms().stream().map(JwtCallers::asymmetric).collect(Collectors.toSet());
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    processor.setJWSTypeVerifier(
        new DefaultJOSEObjectTypeVerifier<>(
            JOSEObjectType.JWT, new JOSEObjectType("at+jwt"), null));
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(algorithms, keys(settings, tls)));
    // Spring's validators look at the claims.
    processor.setJWTClaimsSetVerifier((claims, context) -> {});
    return processor;
  }

  private static JWSAlgorithm asymmetric(String name) {
    SignatureAlgorithm known = SignatureAlgorithm.from(name);
    refuseUnless(
        known != null,
        "faultline.access.jwt.algorithms has " + name + ", which is no asymmetric signature",
        "Use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or ES512");
    return JWSAlgorithm.parse(name);
  }

  private static JWKSource<SecurityContext> keys(
      AccessProperties.Jwt settings, @Nullable SSLContext tls) {
    try {
      return JWKSourceBuilder.create(
              URI.create(settings.jwkSetUri()).toURL(),
              new DefaultResourceRetriever(
                  TIMEOUT_MILLIS,
                  TIMEOUT_MILLIS,
                  KEYS_BYTES,
                  true,
                  tls == null ? null : tls.getSocketFactory()))
          .build();
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new StartRefusedException(
          "faultline.access.jwt.jwk-set-uri=" + settings.jwkSetUri() + " is no URL",
          "Set it to the jwks_uri of the provider");
    }
  }

  private static OAuth2TokenValidator<Jwt> validator(AccessProperties.Jwt settings) {
    return new DelegatingOAuth2TokenValidator<>(
        List.of(
            new JwtTimestampValidator(settings.clockSkew()),
            new JwtIssuerValidator(settings.issuer()),
            new JwtClaimValidator<@Nullable Object>("exp", end -> end != null),
            new JwtClaimValidator<@Nullable Collection<String>>(
                "aud",
                aud -> aud != null && aud.stream().anyMatch(settings.audiences()::contains))));
  }

  Shown show(String text) {
    try {
      Jwt jwt = decoder.decode(text);
      return new Shown.Good(
          new Caller(Caller.Kind.JWT, name(jwt), role(jwt), "", "", jwt.getExpiresAt(), null));
    } catch (BadJwtException e) {
      return new Shown.Bad(String.valueOf(e.getMessage()));
    } catch (JwtException e) {
      return new Shown.NotNow(String.valueOf(e.getMessage()));
    }
  }

  private String name(Jwt jwt) {
    Object name = jwt.getClaim(settings.nameClaim());
    String text = name instanceof String said ? said : String.valueOf(jwt.getSubject());
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= NAME_LENGTH ? plain : plain.substring(0, NAME_LENGTH);
  }

  /** The highest that a name in the claim gives; who has none may do nothing. */
  private Role role(Jwt jwt) {
    Set<String> names = names(jwt);
    if (settings.admins().stream().anyMatch(names::contains)) {
      return Role.ADMIN;
    }
    if (settings.operators().stream().anyMatch(names::contains)) {
      return Role.OPERATOR;
    }
    return settings.viewers().stream().anyMatch(names::contains) ? Role.VIEWER : Role.ANYONE;
  }

  private Set<String> names(Jwt jwt) {
    Object at = jwt.getClaims();
    for (String step : settings.rolesClaim().split("\\.")) {
      at = at instanceof Map<?, ?> object ? object.get(step) : null;
    }
    return switch (at) {
      case null -> Set.of();
      case Collection<?> many ->
          many.stream()
              .flatMap(each -> each instanceof String name ? Stream.of(name) : Stream.empty())
              .collect(Collectors.toSet());
      case String words -> Set.of(words.split("[ ,]+"));
      default -> Set.of();
    };
  }
}
