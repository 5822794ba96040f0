package io.faultline.device;

import io.faultline.runtime.RuntimeConfiguration;
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
    SpringApplication.run(DeviceServiceApplication.class, args);
  }
}
