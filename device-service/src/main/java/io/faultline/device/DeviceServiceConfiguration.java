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
import io.faultline.device.above.HostController;
import io.faultline.device.above.HostRouting;
import io.faultline.device.above.HostsSettled;
import io.faultline.device.above.OtherInstances;
import io.faultline.device.above.Ownership;
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
import io.faultline.runtime.access.AccessRules;
import io.faultline.runtime.access.ServiceCalls;
import io.faultline.runtime.http.BodyLimit;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

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
  OtherInstances deviceOtherInstances(ServiceCalls calls) {
    return new OtherInstances(calls);
  }

  @Bean
  Ownership deviceOwnership(
      Slice deviceSlice,
      KafkaConnection connection,
      TopicsAdmin topics,
      ServiceUrls urls,
      DeviceProperties device,
      OtherInstances deviceOtherInstances) {
    return new Ownership(
        deviceSlice,
        connection,
        topics,
        () -> ownUrl(device, urls),
        deviceOtherInstances,
        InstantSource.system());
  }

  private static String ownUrl(DeviceProperties device, ServiceUrls urls) {
    return device.ownUrl().isEmpty() ? urls.deviceService() : device.ownUrl();
  }

  @Bean
  HostsSettled deviceHostsSettled(Ownership deviceOwnership, Publisher devicePublisher) {
    deviceOwnership.whenSuperseded(devicePublisher::abandon);
    return new HostsSettled(deviceOwnership, devicePublisher);
  }

  @Bean
  HostRouting deviceHostRouting(
      Ownership deviceOwnership,
      OtherInstances deviceOtherInstances,
      Slice deviceSlice,
      MeterRegistry registry) {
    return new HostRouting(deviceOwnership, deviceOtherInstances, deviceSlice, registry);
  }

  /** After the limits of bodies, so that they hold for what is passed on as well. */
  @Bean
  FilterRegistrationBean<HostRouting> deviceHostRoutingOrder(HostRouting deviceHostRouting) {
    FilterRegistrationBean<HostRouting> registration =
        new FilterRegistrationBean<>(deviceHostRouting);
    registration.setOrder(Ordered.LOWEST_PRECEDENCE);
    return registration;
  }

  @Bean
  HostController deviceHostController(
      Ownership deviceOwnership, HostRouting deviceHostRouting, SliceEdge deviceEdge) {
    return new HostController(deviceOwnership, deviceHostRouting, deviceEdge);
  }

  @Bean
  Publisher devicePublisher(
      Slice deviceSlice,
      Ownership deviceOwnership,
      KafkaConnection connection,
      TopicsAdmin topics,
      ServiceUrls urls,
      DeviceProperties device,
      MeterRegistry registry) {
    return new Publisher(
        deviceSlice,
        connection,
        topics,
        () -> ownUrl(device, urls),
        host -> !(deviceOwnership.whose(host) instanceof Ownership.Whose.Others),
        registry);
  }

  @Bean
  Acknowledgements deviceAcknowledgements(
      Slice deviceSlice,
      Ownership deviceOwnership,
      KafkaConnection connection,
      TopicsAdmin topics,
      FaultlineProperties properties,
      MeterRegistry registry) {
    Acknowledgements acknowledgements =
        new Acknowledgements(
            deviceSlice, deviceOwnership, connection, topics, properties, registry);
    deviceOwnership.whenSuperseded(acknowledgements::stop);
    return acknowledgements;
  }

  @Bean
  Deadlines deviceDeadlines(Slice deviceSlice, Ownership deviceOwnership, DeviceProperties device) {
    Deadlines deadlines = new Deadlines(deviceSlice, device.deadlineCheck());
    deviceOwnership.whenSuperseded(deadlines::stop);
    return deadlines;
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
  HealthIndicator deviceSliceHealthIndicator(
      Slice deviceSlice, Publisher devicePublisher, Ownership deviceOwnership) {
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
      if (!deviceOwnership.isSettled()) {
        health.down().withDetail("hosts", "it is not known yet who has which");
      }
      String newer = deviceOwnership.supersededAt();
      if (newer != null) {
        health.down().withDetail("supersededBy", newer);
      }
      if (!deviceOwnership.lostHosts().isEmpty()) {
        health.withDetail("hostsThatAnotherSliceHas", deviceOwnership.lostHosts());
      }
      return health.build();
    };
  }

  @Bean
  SliceEdge deviceEdge(Slice deviceSlice) {
    return new SliceEdge(deviceSlice);
  }

  @Bean
  UpperLayers deviceUpperLayers(ServiceUrls urls, ServiceCalls calls) {
    return new UpperLayers(urls, calls);
  }

  @Bean
  DeviceController deviceController(SliceEdge deviceEdge, UpperLayers deviceUpperLayers) {
    return new DeviceController(deviceEdge, deviceUpperLayers);
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

  @Bean
  AccessRules deviceAccessRules() {
    return DeviceAccess.rules();
  }
}
