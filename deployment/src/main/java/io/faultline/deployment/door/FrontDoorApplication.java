package io.faultline.deployment.door;

import io.faultline.runtime.http.ProblemAdvice;
import io.faultline.runtime.http.ProblemErrorController;
import io.faultline.runtime.http.ProblemValve;
import io.faultline.runtime.pace.PaceConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.kafka.autoconfigure.KafkaAutoConfiguration;
import org.springframework.boot.tomcat.ConfigurableTomcatWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.PropertySource;
import org.springframework.core.Ordered;

/** The front door in a process of its own. It keeps nothing; any number of them may run. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration(exclude = KafkaAutoConfiguration.class)
@EnableConfigurationProperties(DoorProperties.class)
@PropertySource("classpath:/io/faultline/runtime/service.properties")
@Import({
  ProblemAdvice.class,
  ProblemErrorController.class,
  PaceConfiguration.class,
  UnionController.class
})
public class FrontDoorApplication {

  /**
   * @param arguments as every Spring Boot application takes them
   */
  public static ConfigurableApplicationContext start(String... arguments) {
    // The services are asked in the name that the caller used: they judge Host and Origin.
    System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
    SpringApplication application = new SpringApplication(FrontDoorApplication.class);
    application.setDefaultProperties(
        Map.of(
            "spring.application.name",
            "front-door",
            "server.port",
            "8080",
            "springdoc.api-docs.enabled",
            "false"));
    return application.run(arguments);
  }

  @Bean
  Services services(DoorProperties properties) {
    return new Services(properties);
  }

  @Bean
  FilterRegistrationBean<PassOn> passOn(Services services, DoorProperties properties) {
    FilterRegistrationBean<PassOn> registration =
        new FilterRegistrationBean<>(new PassOn(services, properties.door()));
    registration.setOrder(Ordered.LOWEST_PRECEDENCE);
    return registration;
  }

  @Bean
  WebServerFactoryCustomizer<ConfigurableTomcatWebServerFactory> tomcatProblems() {
    return factory -> factory.addContextCustomizers(ProblemValve.customizer());
  }

  /** Ready means that the whole path works: every service is. */
  @Bean
  HealthIndicator servicesHealthIndicator(Services services) {
    return new ServicesHealth(services);
  }
}
