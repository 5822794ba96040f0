package io.faultline.runtime;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Which build this is: at {@code /actuator/info}, and as a metric that has it in its tags. */
@Configuration(proxyBeanMethods = false)
class BuildConfiguration {

  private static final String NAME = "spring.application.name";
  private static final String NO_NAME = "faultline";

  /** As the manifest of the jar says; {@code development} outside of a jar. */
  static String version() {
    return Objects.requireNonNullElse(
        BuildConfiguration.class.getPackage().getImplementationVersion(), "development");
  }

  @Bean
  InfoContributor buildInfo(Environment environment) {
    return info -> {
      Map<String, Object> build = new LinkedHashMap<>();
      build.put("name", environment.getProperty(NAME, NO_NAME));
      build.put("version", version());
      build.put("java", Runtime.version().toString());
      info.withDetail("build", build);
    };
  }

  @Bean
  MeterBinder buildMeter(Environment environment) {
    return registry ->
        Gauge.builder("faultline.build.info", () -> 1)
            .tag("service", environment.getProperty(NAME, NO_NAME))
            .tag("version", version())
            .register(registry);
  }
}
