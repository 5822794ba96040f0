package io.faultline.dm;

import io.faultline.dm.above.DmControllers;
import io.faultline.dm.below.CopyAgent;
import io.faultline.dm.below.CopyBoard;
import io.faultline.dm.below.CopySettings;
import io.faultline.dm.below.DataSettings;
import io.faultline.dm.below.DeviceBytes;
import io.faultline.dm.below.HostTurns;
import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.below.LeafData;
import io.faultline.dm.below.VolumeData;
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
@EnableConfigurationProperties({CopySettings.class, DataSettings.class})
@Import(DmControllers.class)
public class DmServiceConfiguration {

  @Bean
  CopyBoard dmCopyBoard() {
    return new CopyBoard();
  }

  @Bean
  HostTurns dmHostTurns() {
    return new HostTurns();
  }

  @Bean
  LeafData dmLeafData(ServiceUrls urls, ServiceCalls calls) {
    return new DeviceBytes(urls::deviceService, calls);
  }

  @Bean
  CopyAgent dmCopyAgent(
      CopyBoard dmCopyBoard,
      LayerHost<DmCommand> dmLayer,
      LeafData dmLeafData,
      HostTurns dmHostTurns,
      CopySettings settings) {
    return new CopyAgent(dmCopyBoard, dmLayer.gateway(), dmLeafData, dmHostTurns, settings);
  }

  @Bean
  VolumeData dmVolumeData(
      LayerHost<DmCommand> dmLayer, LeafData dmLeafData, HostTurns dmHostTurns) {
    return new VolumeData(
        (host, command) -> dmLayer.gateway().send(host, command, null), dmLeafData, dmHostTurns);
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
