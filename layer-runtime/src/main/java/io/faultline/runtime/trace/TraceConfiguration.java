package io.faultline.runtime.trace;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** Traces: the filter where they begin, and the export where one is configured. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(TracingProperties.class)
public class TraceConfiguration {

  @Bean
  Spans faultlineSpans(TracingProperties properties, Environment environment) {
    return properties.endpoint().isBlank()
        ? Spans.unexported()
        : new OtlpSpans(
            properties,
            environment.getProperty("spring.application.name", "faultline"),
            headers(properties.headersFile()));
  }

  @Bean
  TraceFilter traceFilter(Spans spans) {
    return new TraceFilter(spans);
  }

  private static Map<String, String> headers(String file) {
    Map<String, String> headers = new LinkedHashMap<>();
    if (file.isBlank()) {
      return headers;
    }
    try {
      for (String line : Files.readAllLines(Path.of(file))) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.put(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        } else if (!line.isBlank()) {
          throw new IllegalArgumentException(
              "faultline.tracing.headers-file: a line is 'name: value', but one of "
                  + file
                  + " is not");
        }
      }
      return headers;
    } catch (IOException e) {
      throw new UncheckedIOException("faultline.tracing.headers-file cannot be read", e);
    }
  }
}
