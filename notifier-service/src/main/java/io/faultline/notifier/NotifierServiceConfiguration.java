package io.faultline.notifier;

import io.faultline.events.Topics;
import io.faultline.notifier.above.EventsController;
import io.faultline.notifier.above.FaultMeters;
import io.faultline.notifier.above.FaultsController;
import io.faultline.notifier.above.HostWalk;
import io.faultline.notifier.above.RunbooksController;
import io.faultline.notifier.above.TopologyController;
import io.faultline.notifier.above.dashboard.DashboardController;
import io.faultline.notifier.above.watch.WatchConfiguration;
import io.faultline.notifier.below.EventHub;
import io.faultline.notifier.core.Capacity;
import io.faultline.notifier.core.NotifierCommand;
import io.faultline.notifier.core.NotifierCore;
import io.faultline.notifier.core.NotifierFact;
import io.faultline.notifier.core.NotifierState;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.LayerDefinition;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.LayerHosts;
import io.faultline.runtime.LayerWatch;
import io.faultline.runtime.SealedCodec;
import io.faultline.runtime.access.AccessAdministration;
import io.faultline.runtime.access.AccessRules;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;

/**
 * The notifier's beans. All four services may live in one context, so names begin with notifier.
 */
@Configuration(proxyBeanMethods = false)
@EnableConfigurationProperties(NotifierProperties.class)
@Import({WatchConfiguration.class, AccessAdministration.class})
public class NotifierServiceConfiguration {

  /** The layer's name in topics and metrics. */
  static final String LAYER = "notifier";

  /** The core and how its commands and facts are written. */
  static LayerDefinition<NotifierState, NotifierCommand, NotifierFact> layer(
      Capacity capacity, LayerWatch<NotifierState> watch) {
    return new LayerDefinition<>(
        LAYER,
        new NotifierCore(capacity),
        new SealedCodec<>(NotifierCommand.class),
        new SealedCodec<>(NotifierFact.class),
        Topics.LAYER_EVENTS,
        watch);
  }

  @Bean
  LayerHost<NotifierCommand> notifierLayerHost(
      LayerHosts hosts, NotifierProperties properties, FaultMeters notifierFaultMeters) {
    return hosts.host(layer(properties.faults().capacity(), notifierFaultMeters));
  }

  @Bean
  FaultMeters notifierFaultMeters(MeterRegistry registry) {
    return new FaultMeters(registry);
  }

  @Bean
  EventHub notifierEventHub(KafkaConnection connection, MeterRegistry registry) {
    return new EventHub(connection, registry);
  }

  /** Up when the live events are being followed. */
  @Bean
  HealthIndicator notifierEventHubHealthIndicator(EventHub notifierEventHub) {
    return () -> (notifierEventHub.isReady() ? Health.up() : Health.down()).build();
  }

  @Bean
  HostWalk notifierHostWalk(LayerHost<NotifierCommand> notifierLayerHost) {
    return new HostWalk(notifierLayerHost.gateway());
  }

  @Bean
  EventsController notifierEventsController(
      EventHub notifierEventHub, NotifierProperties properties, MeterRegistry registry) {
    return new EventsController(notifierEventHub, properties.streams(), registry);
  }

  @Bean
  FaultsController notifierFaultsController(HostWalk notifierHostWalk) {
    return new FaultsController(notifierHostWalk);
  }

  @Bean
  TopologyController notifierTopologyController(HostWalk notifierHostWalk) {
    return new TopologyController(notifierHostWalk);
  }

  @Bean
  RunbooksController notifierRunbooksController() {
    return new RunbooksController();
  }

  @Bean
  AccessRules notifierAccessRules() {
    return NotifierAccess.rules();
  }

  @Bean
  DashboardController notifierDashboardController() {
    return new DashboardController();
  }
}
