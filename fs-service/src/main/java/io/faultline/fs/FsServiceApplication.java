package io.faultline.fs;

import io.faultline.runtime.RuntimeConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** fs-service in a process of its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({RuntimeConfiguration.class, FsServiceConfiguration.class})
public class FsServiceApplication {

  /** What holds where nobody configures otherwise. */
  private static final Map<String, Object> DEFAULTS =
      Map.of(
          "spring.application.name", "fs-service",
          "server.address", "127.0.0.1",
          "server.port", "8083",
          "server.shutdown", "graceful",
          "spring.threads.virtual.enabled", "true",
          "management.endpoints.web.exposure.include", "health,info,metrics,prometheus",
          "management.endpoint.health.probes.enabled", "true",
          "management.endpoint.health.group.readiness.include", "*",
          "springdoc.api-docs.path", "/v1/openapi.json");

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(FsServiceApplication.class);
    application.setDefaultProperties(DEFAULTS);
    application.run(args);
  }
}
