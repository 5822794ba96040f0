package io.faultline.dm.above;

import io.faultline.dm.below.DataSettings;
import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.below.VolumeData;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.Limits;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.http.BodyLimit;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The controllers, and how large their bodies may be. */
@Configuration(proxyBeanMethods = false)
public class DmControllers {

  /** The tables of a machine, and its block devices. */
  private static final long MAX_HOST_IMPORT_BYTES = 16L * 1024 * 1024;

  @Bean
  VolumeChanges dmVolumeChanges(LayerHost<DmCommand> dmLayer, LeafClaims dmLeafClaims) {
    return new VolumeChanges(dmLayer.gateway(), dmLeafClaims);
  }

  @Bean
  VolumeController dmVolumeController(LayerHost<DmCommand> dmLayer, VolumeChanges dmVolumeChanges) {
    return new VolumeController(dmLayer.gateway(), dmVolumeChanges);
  }

  @Bean
  HostImportController dmHostImportController(
      VolumeChanges dmVolumeChanges, LeafClaims dmLeafClaims) {
    return new HostImportController(dmVolumeChanges, dmLeafClaims);
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
  VolumeDataController dmVolumeDataController(VolumeData dmVolumeData, DataSettings settings) {
    return new VolumeDataController(dmVolumeData, settings);
  }

  @Bean
  BodyLimit dmDataLimit(DataSettings settings) {
    return new BodyLimit(
        "PUT", "/v1/hosts/{host}/volumes/{volume}/data", settings.perCall().toBytes());
  }

  @Bean
  BodyLimit dmTableLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}", Limits.MAX_TABLE_BYTES);
  }

  @Bean
  BodyLimit dmInactiveTableLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}/table", Limits.MAX_TABLE_BYTES);
  }

  @Bean
  BodyLimit dmHostImportLimit() {
    return new BodyLimit("POST", "/v1/hosts/{host}/import", MAX_HOST_IMPORT_BYTES);
  }

  /** What {@code thin_dump} prints may be gigabytes. */
  @Bean
  BodyLimit dmMappingsLimit() {
    return new BodyLimit("PUT", "/v1/hosts/{host}/volumes/{volume}/mappings", Long.MAX_VALUE);
  }
}
