package io.faultline.runtime.access;

import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Access control of every service. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(AccessProperties.class)
public class AccessConfiguration {

  @Bean
  AccessRules accessRulesOfEveryService() {
    return rules();
  }

  /** What every service serves beside its own. */
  public static AccessRules rules() {
    return AccessRules.builder()
        // Who starts and stops us has no credentials; nothing but up or down is told there.
        .anyone("GET /actuator/health/readiness", "GET /actuator/health/liveness")
        .viewer("GET /actuator", "GET /actuator/{*endpoint}", "GET /v1/openapi.json")
        .build();
  }

  @Bean
  AccessTable accessTable(ObjectProvider<AccessRules> services) {
    return new AccessTable(services.orderedStream().toList());
  }

  @Bean
  AccessTokens accessTokens(
      AccessProperties settings,
      Environment environment,
      ObjectProvider<KafkaConnection> connection,
      ObjectProvider<TopicsAdmin> topics,
      MeterRegistry registry) {
    ListenRule.check(environment, settings);
    return AccessTokens.make(
        settings,
        serviceName(environment),
        // The filter is made with the web server, which need not wait for a broker in this process.
        connection::getObject,
        topics::getObject,
        InstantSource.system(),
        registry);
  }

  private static String serviceName(Environment environment) {
    return environment.getProperty("spring.application.name", "faultline");
  }

  @Bean
  AccessFeed accessFeed(AccessTokens accessTokens) {
    return accessTokens.feed();
  }

  @Bean
  ServiceCalls serviceCalls(
      AccessTokens accessTokens, SslBundles bundles, Environment environment) {
    return new ServiceCalls(accessTokens.shownToOthers(), tls(bundles, environment));
  }

  /** For calls to other services and to the OpenID provider. */
  private static @Nullable SSLContext tls(SslBundles bundles, Environment environment) {
    String name = environment.getProperty("faultline.tls.client-bundle", "");
    return name.isEmpty() ? null : bundles.getBundle(name).createSslContext();
  }

  @Bean
  Credentials accessCredentials(
      AccessProperties settings,
      AccessTokens accessTokens,
      SslBundles bundles,
      Environment environment) {
    JwtCallers jwts =
        settings.jwt().isTaken() ? new JwtCallers(settings.jwt(), tls(bundles, environment)) : null;
    return new Credentials(accessTokens.directory(), jwts);
  }

  @Bean
  AccessFilter accessFilter(
      AccessProperties settings,
      Credentials accessCredentials,
      AccessTokens accessTokens,
      AccessTable accessTable,
      Environment environment,
      MeterRegistry registry) {
    return new AccessFilter(
        settings.isOn(),
        new BrowserGuard(settings, environment.getProperty("server.address")),
        accessCredentials,
        accessTokens.directory(),
        accessTable,
        new RateLimits(settings.limits(), registry),
        new AuditLog(serviceName(environment), accessTokens.feed()::tell, registry),
        InstantSource.system(),
        registry);
  }

  /** Up when the tokens are known, so that nobody is turned away who may come in. */
  @Bean
  HealthIndicator accessHealthIndicator(AccessProperties settings, AccessTokens accessTokens) {
    return () ->
        (!settings.isOn() || accessTokens.directory().isSettled() ? Health.up() : Health.down())
            .build();
  }

  @Bean
  AccessOpenApi accessOpenApi(AccessTable accessTable) {
    return new AccessOpenApi(accessTable);
  }
}
