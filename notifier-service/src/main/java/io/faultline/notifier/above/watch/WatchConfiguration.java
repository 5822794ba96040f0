package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.below.EventHub;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.trace.Spans;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The watchers' beans. */
@Configuration(proxyBeanMethods = false)
public class WatchConfiguration {

  @Bean
  AddressRule notifierAddressRule(NotifierProperties properties) {
    return new AddressRule(properties.webhooks());
  }

  @Bean
  Webhook notifierWebhook(
      NotifierProperties properties, AddressRule notifierAddressRule, Spans spans) {
    return new Webhook(properties.webhooks(), notifierAddressRule, spans);
  }

  @Bean
  WatcherStore notifierWatcherStore(
      KafkaConnection connection, TopicsAdmin topics, FaultlineProperties properties) {
    return new WatcherStore(connection, topics, properties);
  }

  @Bean
  DeliveryEngine notifierDeliveryEngine(
      KafkaConnection connection,
      EventHub notifierEventHub,
      WatcherStore notifierWatcherStore,
      Webhook notifierWebhook,
      NotifierProperties properties,
      MeterRegistry registry) {
    return new DeliveryEngine(
        connection,
        notifierEventHub,
        notifierWatcherStore,
        notifierWebhook,
        properties.webhooks(),
        registry,
        Clock.systemUTC());
  }

  @Bean
  WatchersController notifierWatchersController(
      WatcherStore notifierWatcherStore,
      DeliveryEngine notifierDeliveryEngine,
      EventHub notifierEventHub,
      Webhook notifierWebhook,
      AddressRule notifierAddressRule) {
    return new WatchersController(
        notifierWatcherStore,
        notifierDeliveryEngine,
        notifierEventHub,
        notifierWebhook,
        notifierAddressRule,
        Clock.systemUTC());
  }
}
