package io.faultline.device;

import io.faultline.device.above.Acknowledgements;
import io.faultline.device.above.BadBlocksController;
import io.faultline.device.above.ClaimController;
import io.faultline.device.above.DataController;
import io.faultline.device.above.Deadlines;
import io.faultline.device.above.DeviceController;
import io.faultline.device.above.DeviceMeters;
import io.faultline.device.above.DeviceMetrics;
import io.faultline.device.above.FaultController;
import io.faultline.device.above.Publisher;
import io.faultline.device.above.RecoveryMetrics;
import io.faultline.device.above.RemovalController;
import io.faultline.device.above.ScrubController;
import io.faultline.device.above.SliceEdge;
import io.faultline.device.above.UpperLayers;
import io.faultline.device.below.DataPath;
import io.faultline.device.below.Slice;
import io.faultline.device.core.DeviceCore;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.ServiceUrls;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.http.BodyLimit;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** device-service: the slice, its way to Kafka and back, and its HTTP interface. */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(DeviceProperties.class)
public class DeviceServiceConfiguration {

  @Bean(destroyMethod = "close")
  Slice deviceSlice(FaultlineProperties properties, DeviceProperties device) {
    return Slice.open(
        properties.sliceDir().toAbsolutePath(),
        new DeviceCore(device.limits().core(), device.scrubPace()),
        device.slice(),
        InstantSource.system());
  }

  @Bean
  DataPath deviceDataPath(Slice deviceSlice, DeviceProperties device, MeterRegistry registry) {
    return new DataPath(
        deviceSlice,
        device.limits().dataBytesPerCall().toBytes(),
        device.limits().clearBytesPerCall().toBytes(),
        new RecoveryMetrics(registry));
  }

  @Bean
  Publisher devicePublisher(
      Slice deviceSlice,
      KafkaConnection connection,
      TopicsAdmin topics,
      ServiceUrls urls,
      MeterRegistry registry) {
    return new Publisher(deviceSlice, connection, topics, urls::deviceService, registry);
  }

  @Bean
  Acknowledgements deviceAcknowledgements(
      Slice deviceSlice,
      KafkaConnection connection,
      TopicsAdmin topics,
      FaultlineProperties properties,
      MeterRegistry registry) {
    return new Acknowledgements(deviceSlice, connection, topics, properties, registry);
  }

  @Bean
  Deadlines deviceDeadlines(Slice deviceSlice, DeviceProperties device) {
    return new Deadlines(deviceSlice, device.deadlineCheck());
  }

  @Bean
  DeviceMetrics deviceMetrics(Slice deviceSlice) {
    return new DeviceMetrics(deviceSlice);
  }

  @Bean
  DeviceMeters deviceMeters(Slice deviceSlice, DeviceProperties device, MeterRegistry registry) {
    return new DeviceMeters(
        deviceSlice,
        registry,
        device.scrubPace(),
        InstantSource.system(),
        device.limits().meteredDevices());
  }

  @Bean
  BodyLimit deviceDataBodyLimit(DeviceProperties device) {
    return new BodyLimit(
        "PUT",
        "/v1/hosts/{host}/devices/{device}/data",
        device.limits().dataBytesPerCall().toBytes());
  }

  @Bean
  BodyLimit deviceInjectionBodyLimit(DeviceProperties device) {
    return new BodyLimit(
        "POST",
        "/v1/hosts/{host}/devices/{device}/faults",
        device.limits().injectionBytes().toBytes());
  }

  /** Up while changes are possible and what happens gets out. */
  @Bean
  HealthIndicator deviceSliceHealthIndicator(Slice deviceSlice, Publisher devicePublisher) {
    return () -> {
      Health.Builder health = Health.up();
      health.withDetail("sliceId", deviceSlice.sliceId());
      health.withDetail("unpublishedEvents", deviceSlice.backlog().size());
      // Devices that are damaged are refused one by one; the others are served.
      health.withDetail("damagedDevices", deviceSlice.damagedDevices());
      String failure = deviceSlice.failure();
      if (failure != null) {
        health.down().withDetail("failure", failure);
      }
      if (!devicePublisher.isHealthy()) {
        health.down().withDetail("publisher", "cannot reach Kafka");
      }
      return health.build();
    };
  }

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
  FaultController deviceFaultController(
      SliceEdge deviceEdge, DataPath deviceDataPath, DeviceProperties device) {
    return new FaultController(deviceEdge, deviceDataPath, device.limits().rangesPerCall());
  }

  @Bean
  ScrubController deviceScrubController(SliceEdge deviceEdge, DeviceProperties device) {
    return new ScrubController(deviceEdge, device.scrubPace(), InstantSource.system());
  }

  @Bean
  BadBlocksController deviceBadBlocksController(SliceEdge deviceEdge) {
    return new BadBlocksController(deviceEdge);
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
