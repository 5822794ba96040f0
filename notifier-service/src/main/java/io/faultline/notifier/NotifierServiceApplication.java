package io.faultline.notifier;

import io.faultline.runtime.RuntimeConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Import;

/** notifier-service in a process of its own. */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({RuntimeConfiguration.class, NotifierServiceConfiguration.class})
public class NotifierServiceApplication {

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(NotifierServiceApplication.class);
    application.setDefaultProperties(
        Map.of("spring.application.name", "notifier-service", "server.port", "8084"));
    application.run(args);
  }
}
