package io.faultline.notifier;

import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Topics;
import io.faultline.notifier.core.Layer;
import io.faultline.runtime.FaultlineProperties;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Writes events as the layers do. */
public final class EventWriter implements AutoCloseable {

  private final KafkaProducer<String, byte[]> producer;

  private EventWriter(KafkaConnection connection, @Nullable String transactionalId) {
    Map<String, Object> settings = connection.properties();
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    if (transactionalId != null) {
      settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
    }
    producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    if (transactionalId != null) {
      producer.initTransactions();
    }
  }

  public static EventWriter plain(KafkaConnection connection) {
    return new EventWriter(connection, null);
  }

  public static EventWriter transactional(KafkaConnection connection, String id) {
    return new EventWriter(connection, id);
  }

  /** Makes the layers' topics, four partitions each. */
  public static FaultlineProperties.Topics makeTopics(KafkaConnection connection) {
    FaultlineProperties.Topics settings =
        new FaultlineProperties.Topics(4, (short) 1, Duration.ofDays(7));
    TopicsAdmin admin = new TopicsAdmin(connection, settings);
    admin.ensure(Topics.FOLLOWED_EVENTS.stream().map(admin::events).toList());
    return settings;
  }

  public static String topic(Event event) {
    return Topics.events(Layer.of(event).text());
  }

  /** Writes them in their order, and returns when all are there. */
  public void write(Event... events) {
    Arrays.asList(events).forEach(this::send);
    producer.flush();
  }

  /** One transaction; it ends committed or taken back. */
  public void transaction(boolean commit, Event... events) {
    producer.beginTransaction();
    Arrays.asList(events).forEach(this::send);
    if (commit) {
      producer.commitTransaction();
    } else {
      producer.flush();
      producer.abortTransaction();
    }
  }

  private void send(Event event) {
    producer.send(
        new ProducerRecord<>(
            topic(event), null, event.host(), EventCodec.data(event), EventCodec.headers(event)));
  }

  /** Something that is no event. */
  public void writeGarbage(String topic, String key) {
    producer.send(new ProducerRecord<>(topic, key, new byte[] {1, 2, 3}));
    producer.flush();
  }

  @Override
  public void close() {
    producer.close();
  }
}
