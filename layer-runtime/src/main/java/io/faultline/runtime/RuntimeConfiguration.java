package io.faultline.runtime;

import io.faultline.events.Json;
import io.faultline.runtime.access.AccessConfiguration;
import io.faultline.runtime.http.BodyLimit;
import io.faultline.runtime.http.BodyLimitFilter;
import io.faultline.runtime.http.ProblemAdvice;
import io.faultline.runtime.http.ProblemErrorController;
import io.faultline.runtime.http.ProblemValve;
import io.faultline.runtime.pace.PaceConfiguration;
import io.faultline.runtime.trace.Spans;
import io.faultline.runtime.trace.TraceConfiguration;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.kafka.autoconfigure.KafkaConnectionDetails;
import org.springframework.boot.kafka.autoconfigure.KafkaProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.env.Environment;
import org.springframework.http.MediaType;
import org.springframework.http.converter.HttpMessageConverters;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;
import tools.jackson.databind.json.JsonMapper;

/** What every service has: settings, Kafka, the HTTP edge, health. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties({FaultlineProperties.class, KafkaSecurity.class})
@PropertySource("classpath:/io/faultline/runtime/service.properties")
@Import({
  ProblemAdvice.class,
  ProblemErrorController.class,
  AccessConfiguration.class,
  TraceConfiguration.class,
  PaceConfiguration.class,
  BuildConfiguration.class
})
public class RuntimeConfiguration {

  /** Subtypes of media types. */
  private static final Set<String> NOT_OFFERED = Set.of("cbor", "yaml", "smile");

  @Bean
  KafkaConnection kafkaConnection(
      KafkaConnectionDetails details,
      KafkaProperties properties,
      KafkaSecurity security,
      SslBundles bundles) {
    Map<String, Object> settings = new HashMap<>(properties.getProperties());
    settings.putAll(security.clientProperties(bundles));
    return new KafkaConnection(details.getBootstrapServers(), settings);
  }

  @Bean
  LayerHosts layerHosts(
      KafkaConnection connection,
      FaultlineProperties properties,
      MeterRegistry registry,
      Spans spans) {
    return new LayerHosts(connection, properties, registry, spans);
  }

  @Bean
  ServiceUrls serviceUrls(FaultlineProperties properties, Environment environment) {
    return new ServiceUrls(properties, environment);
  }

  @Bean
  TopicsAdmin topicsAdmin(KafkaConnection connection, FaultlineProperties properties) {
    return new TopicsAdmin(connection, properties.topics());
  }

  /** Requests are read strictly: a field that is not known is a mistake of the client. */
  @Bean
  @Primary
  JsonMapper faultlineJson() {
    return Json.STRICT;
  }

  /**
   * JSON is offered, and not what else the class path can write: CBOR and YAML are there for other
   * ends, and nobody has promised them to a client.
   */
  @Bean
  WebMvcConfigurer jsonOnly() {
    return new WebMvcConfigurer() {
      @Override
      public void configureMessageConverters(HttpMessageConverters.ServerBuilder builder) {
        builder.configureMessageConvertersList(
            converters ->
                converters.removeIf(
                    converter ->
                        converter.getSupportedMediaTypes().stream()
                            .map(MediaType::getSubtype)
                            .anyMatch(NOT_OFFERED::contains)));
      }
    };
  }

  @Bean
  BodyLimitFilter bodyLimitFilter(ObjectProvider<BodyLimit> limits) {
    return new BodyLimitFilter(limits.orderedStream().toList());
  }

  /** What Tomcat refuses by itself is answered as everything else. */
  @Bean
  WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> tomcatProblems() {
    return factory -> factory.addContextCustomizers(ProblemValve.customizer());
  }

  /** Up when every layer of this process hears events and answers commands. */
  @Bean
  HealthIndicator layersHealthIndicator(ObjectProvider<LayerHost<?>> layers) {
    return () -> {
      Health.Builder health = Health.up();
      for (LayerHost<?> layer : layers) {
        health.withDetail(layer.layer(), layer.state());
        if (!layer.isReady()) {
          health.down();
        }
      }
      return health.build();
    };
  }
}
