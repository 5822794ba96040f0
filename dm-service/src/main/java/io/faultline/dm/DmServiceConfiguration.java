package io.faultline.dm;

import io.faultline.dm.above.DmControllers;
import io.faultline.dm.below.CopyAgent;
import io.faultline.dm.below.CopyBoard;
import io.faultline.dm.below.CopySettings;
import io.faultline.dm.below.DeviceBytes;
import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.DmCore;
import io.faultline.dm.core.DmFact;
import io.faultline.events.Topics;
import io.faultline.runtime.LayerDefinition;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.LayerHosts;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.access.AccessRules;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.below.BlockDeviceClient;
import java.util.List;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/** Everything that dm-service consists of; its process and standalone import the same. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(CopySettings.class)
@Import(DmControllers.class)
public class DmServiceConfiguration {

  @Bean
  CopyBoard dmCopyBoard() {
    return new CopyBoard();
  }

  @Bean
  CopyAgent dmCopyAgent(
      CopyBoard dmCopyBoard,
      LayerHost<DmCommand> dmLayer,
      ServiceUrls urls,
      ServiceCalls calls,
      CopySettings settings) {
    return new CopyAgent(
        dmCopyBoard, dmLayer.gateway(), new DeviceBytes(urls::deviceService, calls), settings);
  }

  @Bean
  LayerHost<DmCommand> dmLayer(LayerHosts hosts, CopyBoard dmCopyBoard) {
    return hosts.host(
        new LayerDefinition<>(
            "dm",
            new DmCore(),
            new SealedCodec<>(DmCommand.class),
            new SealedCodec<>(DmFact.class),
            List.of(Topics.DEVICE_EVENTS),
            true,
            dmCopyBoard));
  }

  @Bean
  LeafClaims dmLeafClaims(ServiceUrls urls, ServiceCalls calls) {
    return new LeafClaims(
        new BlockDeviceClient(urls::deviceService, BlockDeviceClient.Kind.DEVICE, calls));
  }

  @Bean
  AccessRules dmAccessRules() {
    return DmAccess.rules();
  }
}
