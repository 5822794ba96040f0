package io.faultline.fs;

import io.faultline.runtime.RuntimeConfiguration;
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
    SpringApplication.run(FsServiceApplication.class, args);
  }
}
