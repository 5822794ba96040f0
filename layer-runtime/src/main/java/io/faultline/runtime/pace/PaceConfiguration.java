package io.faultline.runtime.pace;

import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.tomcat.servlet.TomcatServletWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Slow clients are ended, in every service and at the front door. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(RequestPace.class)
public class PaceConfiguration {

  @Bean
  WebServerFactoryCustomizer<TomcatServletWebServerFactory> requestPace(
      RequestPace limits, MeterRegistry registry) {
    return factory -> {
      factory.setProtocol(PacedProtocol.class.getName());
      factory.addConnectorCustomizers(
          connector -> {
            if (connector.getProtocolHandler() instanceof PacedProtocol paced) {
              paced.setPace(limits, registry);
            }
          });
    };
  }
}
