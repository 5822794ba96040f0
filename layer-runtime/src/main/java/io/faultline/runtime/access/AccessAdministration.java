package io.faultline.runtime.access;

import io.faultline.runtime.KafkaConnection;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Tokens, sessions and the audit log as people reach them; in one of the services only. */
@Configuration(proxyBeanMethods = false)
public class AccessAdministration {

  @Bean
  AccessRules accessRulesOfAdministration() {
    return rules();
  }

  @Bean
  TokenMaker accessTokenMaker(AccessProperties settings, AccessTokens accessTokens) {
    return new TokenMaker(settings, accessTokens, InstantSource.system());
  }

  @Bean
  TokensController accessTokensController(TokenMaker accessTokenMaker, AccessTokens accessTokens) {
    return new TokensController(accessTokenMaker, accessTokens);
  }

  @Bean
  SessionController accessSessionController(
      TokenMaker accessTokenMaker, Credentials accessCredentials, AccessProperties settings) {
    return new SessionController(
        accessTokenMaker, accessCredentials, settings, InstantSource.system());
  }

  @Bean
  AuditController accessAuditController(KafkaConnection connection, AccessProperties settings) {
    return new AuditController(connection, settings);
  }

  /** Who may do what with them. */
  public static AccessRules rules() {
    return AccessRules.builder()
        // Who opens a session shows a token in the body.
        .anyone("POST /v1/session")
        .viewer("GET /v1/session", "DELETE /v1/session")
        .admin("POST /v1/tokens", "GET /v1/tokens", "DELETE /v1/tokens/{id}", "GET /v1/audit")
        .build();
  }
}
