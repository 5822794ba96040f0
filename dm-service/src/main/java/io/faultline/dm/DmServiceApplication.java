package io.faultline.dm;

import io.faultline.runtime.RuntimeConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** dm-service as a process of its own. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({RuntimeConfiguration.class, DmServiceConfiguration.class})
public class DmServiceApplication {

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(DmServiceApplication.class);
    application.setDefaultProperties(
        Map.of("spring.application.name", "dm-service", "server.port", "8082"));
    application.run(args);
  }
}
