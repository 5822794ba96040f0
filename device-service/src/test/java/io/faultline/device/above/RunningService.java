package io.faultline.device.above;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.DeviceServiceApplication;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** device-service as it runs in production, in this JVM, on a port of its own. */
final class RunningService implements AutoCloseable {

  private final ConfigurableApplicationContext context;
  private final HttpCalls http;

  private RunningService(ConfigurableApplicationContext context) {
    this.context = context;
    this.http =
        new HttpCalls(
            "http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
  }

  static RunningService start(Path sliceDir, String bootstrapServers, String... more) {
    Map<String, Object> settings = new HashMap<>();
    settings.put("server.port", "0");
    settings.put("spring.main.banner-mode", "off");
    settings.put("spring.threads.virtual.enabled", "true");
    settings.put("spring.kafka.bootstrap-servers", bootstrapServers);
    settings.put("faultline.slice-dir", sliceDir.toString());
    settings.put("management.endpoint.health.show-details", "always");
    settings.put("management.endpoints.web.exposure.include", "health,metrics");
    assertThat(more.length % 2).isZero();
    for (int i = 0; i < more.length; i += 2) {
      settings.put(more[i], more[i + 1]);
    }
    SpringApplication application = new SpringApplication(DeviceServiceApplication.class);
    application.setDefaultProperties(settings);
    return new RunningService(application.run());
  }

  HttpCalls http() {
    return http;
  }

  <T> T bean(Class<T> type) {
    return context.getBean(type);
  }

  @Override
  public void close() {
    context.close();
  }
}
