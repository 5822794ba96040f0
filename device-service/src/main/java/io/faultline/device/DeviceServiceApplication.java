package io.faultline.device;

import io.faultline.runtime.RuntimeConfiguration;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** device-service as a process of its own. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({RuntimeConfiguration.class, DeviceServiceConfiguration.class})
public class DeviceServiceApplication {

  public static void main(String[] args) {
    SpringApplication application = new SpringApplication(DeviceServiceApplication.class);
    application.setDefaultProperties(
        Map.of("spring.application.name", "device-service", "server.port", "8081"));
    application.run(args);
  }
}
