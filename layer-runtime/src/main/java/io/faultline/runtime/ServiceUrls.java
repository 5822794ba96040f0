package io.faultline.runtime;

import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertyResolver;

/**
 * Where the other services are. A service that is not configured is looked for in this very
 * process, at the port that it listens on.
 */
public final class ServiceUrls {

  private final FaultlineProperties properties;
  private final Environment environment;

  public ServiceUrls(FaultlineProperties properties, Environment environment) {
    this.properties = properties;
    this.environment = environment;
  }

  /** {@code http://host:port}, without a path. */
  public String deviceService() {
    return orOurselves(properties.deviceServiceUrl());
  }

  public String dmService() {
    return orOurselves(properties.dmServiceUrl());
  }

  public String fsService() {
    return orOurselves(properties.fsServiceUrl());
  }

  private String orOurselves(String configured) {
    if (!configured.isEmpty()) {
      return configured;
    }
    // The port that was bound, which is known only after the start where 0 was configured.
    String port =
        environment.getProperty(
            "local.server.port", environment.getProperty("server.port", "8080"));
    return scheme(environment) + "://127.0.0.1:" + port;
  }

  /** {@code https} where this process serves over TLS, else {@code http}. */
  public static String scheme(PropertyResolver settings) {
    boolean bundle = !settings.getProperty("server.ssl.bundle", "").isEmpty();
    boolean files =
        settings.containsProperty("server.ssl.key-store")
            || settings.containsProperty("server.ssl.certificate");
    boolean on = settings.getProperty("server.ssl.enabled", Boolean.class, true);
    return on && (bundle || files) ? "https" : "http";
  }
}
