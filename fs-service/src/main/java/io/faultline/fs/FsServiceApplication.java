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

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(FsServiceApplication.class);
    application.setDefaultProperties(
        Map.of("spring.application.name", "fs-service", "server.port", "8083"));
    application.run(args);
  }
}
