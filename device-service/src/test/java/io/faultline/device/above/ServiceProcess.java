package io.faultline.device.above;

import io.faultline.device.DeviceServiceApplication;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** device-service in a process of its own that says on which port it listens. */
final class ServiceProcess {

  private ServiceProcess() {}

  public static void main(String[] args) {
    ConfigurableApplicationContext context =
        SpringApplication.run(DeviceServiceApplication.class, args);
    System.out.println(
        ChildProcess.READY + context.getEnvironment().getProperty("local.server.port"));
  }
}
