package io.faultline.dm.above;

import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.Limits;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.http.BodyLimit;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The controllers, and how large their bodies may be. */
@Configuration(proxyBeanMethods = false)
public class DmControllers {

  @Bean
  VolumeController dmVolumeController(LayerHost<DmCommand> dmLayer, LeafClaims dmLeafClaims) {
    return new VolumeController(
        dmLayer.gateway(), new VolumeChanges(dmLayer.gateway(), dmLeafClaims));
  }

  @Bean
  MappingsController dmMappingsController(LayerHost<DmCommand> dmLayer) {
    return new MappingsController(dmLayer.gateway());
  }

  @Bean
  BlockDeviceController dmBlockDeviceController(
      LayerHost<DmCommand> dmLayer, LeafClaims dmLeafClaims) {
    return new BlockDeviceController(dmLayer.gateway(), dmLeafClaims);
  }

  @Bean
  BodyLimit dmTableLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}", Limits.MAX_TABLE_BYTES);
  }

  @Bean
  BodyLimit dmInactiveTableLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}/table", Limits.MAX_TABLE_BYTES);
  }

  /** What {@code thin_dump} prints may be gigabytes. */
  @Bean
  BodyLimit dmMappingsLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}/mappings", Long.MAX_VALUE);
  }
}
