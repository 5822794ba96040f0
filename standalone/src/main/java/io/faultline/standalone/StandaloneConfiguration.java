package io.faultline.standalone;

import io.faultline.device.DeviceServiceConfiguration;
import io.faultline.dm.DmServiceConfiguration;
import io.faultline.fs.FsServiceConfiguration;
import io.faultline.notifier.NotifierServiceConfiguration;
import io.faultline.runtime.RuntimeConfiguration;
import io.faultline.standalone.kafka.StartingKafka;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.info.Info;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** The four services in one context. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import({
  RuntimeConfiguration.class,
  DeviceServiceConfiguration.class,
  DmServiceConfiguration.class,
  FsServiceConfiguration.class,
  NotifierServiceConfiguration.class
})
class StandaloneConfiguration {

  @Bean
  HealthIndicator kafkaHealthIndicator(StartingKafka kafka) {
    return () -> (kafka.isRunning() ? Health.up() : Health.outOfService()).build();
  }

  @Bean
  OpenAPI standaloneOpenApi() {
    return new OpenAPI()
        .info(
            new Info()
                .title("Faultline")
                .version(Version.ofThisBuild())
                .description(
                    "Storage fault management: everybody who stands on a bad block learns what it"
                        + " means for them. Block addresses are sectors of 512 bytes, ranges"
                        + " half-open; errors are RFC 9457 problem details."));
  }
}
