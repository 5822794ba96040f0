package io.faultline.notifier.above.watch;

import io.faultline.notifier.NotifierProperties;
import io.faultline.notifier.below.EventHub;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import io.faultline.runtime.trace.Spans;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
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
  Webhook notifierWebhook(NotifierProperties properties, AddressRule notifierAddressRule) {
    return new Webhook(properties.webhooks(), notifierAddressRule);
  }

  @Bean
  SecretBox notifierSecretBox(NotifierProperties properties, FaultlineProperties faultline) {
    return SecretBox.open(
        properties.secrets(), faultline.stateDir().resolve("notifier-secrets.key"));
  }

  @Bean
  WatchTopics notifierWatchTopics(KafkaConnection connection, TopicsAdmin topics) {
    return new WatchTopics(connection, topics);
  }

  @Bean
  Sinks notifierSinks(
      NotifierProperties properties,
      Webhook notifierWebhook,
      WatchTopics notifierWatchTopics,
      SecretBox notifierSecretBox,
      Spans spans,
      ObjectProvider<Clock> clock) {
    return new Sinks(
        notifierWebhook,
        notifierWatchTopics,
        new Alertmanager(properties.links()),
        notifierSecretBox,
        properties.webhooks(),
        spans,
        clock.getIfAvailable(Clock::systemUTC));
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
      Sinks notifierSinks,
      MeterRegistry registry,
      ObjectProvider<Clock> clock) {
    return new DeliveryEngine(
        connection,
        notifierEventHub,
        notifierWatcherStore,
        notifierSinks,
        registry,
        clock.getIfAvailable(Clock::systemUTC));
  }

  @Bean
  WatcherRequests notifierWatcherRequests(
      NotifierProperties properties, AddressRule notifierAddressRule) {
    return new WatcherRequests(properties, notifierAddressRule);
  }

  @Bean
  WatchersController notifierWatchersController(
      WatcherStore notifierWatcherStore,
      DeliveryEngine notifierDeliveryEngine,
      EventHub notifierEventHub,
      Sinks notifierSinks,
      WatchTopics notifierWatchTopics,
      SecretBox notifierSecretBox,
      WatcherRequests notifierWatcherRequests,
      NotifierProperties properties,
      ObjectProvider<Clock> clock) {
    return new WatchersController(
        notifierWatcherStore,
        new WatcherViews(notifierWatcherStore, notifierDeliveryEngine),
        new Places(notifierEventHub),
        notifierSinks,
        notifierWatchTopics,
        notifierSecretBox,
        notifierWatcherRequests,
        properties,
        clock.getIfAvailable(Clock::systemUTC));
  }

  @Bean
  DeliveriesController notifierDeliveriesController(WatcherStore notifierWatcherStore) {
    return new DeliveriesController(notifierWatcherStore);
  }
}
