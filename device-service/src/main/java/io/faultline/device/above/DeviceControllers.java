package io.faultline.device.above;

import io.faultline.device.DeviceProperties;
import io.faultline.device.below.DataPath;
import io.faultline.device.below.Slice;
import io.faultline.runtime.ServiceUrls;
import java.time.InstantSource;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The HTTP interface. */
@Configuration(proxyBeanMethods = false)
public class DeviceControllers {

  @Bean
  SliceEdge deviceEdge(Slice deviceSlice) {
    return new SliceEdge(deviceSlice);
  }

  @Bean
  UpperLayers deviceUpperLayers(ServiceUrls urls) {
    return new UpperLayers(urls);
  }

  @Bean
  DeviceController deviceController(
      SliceEdge deviceEdge, UpperLayers deviceUpperLayers, ServiceUrls urls) {
    return new DeviceController(deviceEdge, deviceUpperLayers, urls);
  }

  @Bean
  FaultController deviceFaultController(SliceEdge deviceEdge, DataPath deviceDataPath) {
    return new FaultController(deviceEdge, deviceDataPath);
  }

  @Bean
  ClaimController deviceClaimController(
      SliceEdge deviceEdge, UpperLayers deviceUpperLayers, DeviceProperties device) {
    return new ClaimController(
        deviceEdge, deviceUpperLayers, device.staleClaimAge(), InstantSource.system());
  }

  @Bean
  RemovalController deviceRemovalController(
      SliceEdge deviceEdge, UpperLayers deviceUpperLayers, DeviceProperties device) {
    return new RemovalController(deviceEdge, deviceUpperLayers, device.removalDeadline());
  }

  @Bean
  DataController deviceDataController(DataPath deviceDataPath, DeviceProperties device) {
    return new DataController(
        deviceDataPath,
        device.limits().dataBytesPerCall().toBytes(),
        device.limits().dataBytesInFlight().toBytes());
  }
}
