package io.faultline.dm;

import static io.faultline.runtime.testing.Awaiting.await;

import io.faultline.runtime.LayerHost;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** dm-service on the shared broker, with its layer ready. */
final class RunningDm {

  private RunningDm() {}

  static ConfigurableApplicationContext start(
      Path stateDir, String deviceServiceUrl, Map<String, String> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("server.port", "0");
    settings.put("spring.main.banner-mode", "off");
    settings.put("faultline.state-dir", stateDir.toString());
    settings.put("faultline.device-service-url", deviceServiceUrl);
    settings.put("spring.kafka.bootstrap-servers", EmbeddedBroker.shared().bootstrapServers());
    SpringApplication application = new SpringApplication(DmServiceApplication.class);
    application.setDefaultProperties(settings);
    ConfigurableApplicationContext started = application.run();
    await("the layer is ready", () -> started.getBean(LayerHost.class).isReady());
    return started;
  }
}
