package io.faultline.notifier.above.watch;

import io.faultline.notifier.core.delivery.TryEnd;
import io.faultline.notifier.core.delivery.TryEnd.Outcome;
import io.faultline.runtime.KafkaConnection;
import io.faultline.runtime.TopicsAdmin;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** Watchers that are told in a topic of their own: CloudEvents in binary mode, keyed by host. */
final class WatchTopics implements AutoCloseable {

  /** Names of such topics begin so; nothing else is ever written to. */
  static final String PREFIX = "faultline.watch.";

  private static final Pattern NAME = Pattern.compile("faultline\\.watch\\.[a-zA-Z0-9._-]{1,200}");

  private final KafkaConnection connection;
  private final TopicsAdmin admin;
  private @Nullable Producer<String, byte[]> producer;

  WatchTopics(KafkaConnection connection, TopicsAdmin admin) {
    this.connection = connection;
    this.admin = admin;
  }

  static boolean isName(@Nullable String topic) {
    return topic != null && NAME.matcher(topic).matches();
  }

  /**
   * Makes the topic if it is not there; one that is stays as it is.
   *
   * @throws KafkaException if Kafka does not answer
   */
  void ensure(String topic) {
    NewTopic wanted = admin.events(topic);
    try (Admin client = Admin.create(connection.properties())) {
      client.createTopics(List.of(wanted)).all().get(10, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw new KafkaException(e.getCause());
      }
    } catch (TimeoutException e) {
      throw new KafkaException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaException(e);
    }
  }

  TryEnd send(Watcher to, Message message, Instant now) {
    long begun = System.nanoTime();
    try {
      running()
          .send(
              new ProducerRecord<>(
                  Objects.requireNonNull(to.definition().topic()),
                  null,
                  message.host(),
                  message.data(),
                  message.headers()))
          .get(to.definition().timeout().toMillis(), TimeUnit.MILLISECONDS);
      return new TryEnd(Outcome.TAKEN, now, millisSince(begun), null, null, null, null);
    } catch (ExecutionException e) {
      return failed(now, begun, String.valueOf(e.getCause()));
    } catch (TimeoutException | KafkaException e) {
      return failed(now, begun, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return failed(now, begun, "interrupted");
    }
  }

  private static TryEnd failed(Instant now, long begun, String why) {
    return new TryEnd(Outcome.FAILED, now, millisSince(begun), null, why, null, null);
  }

  private static long millisSince(long begun) {
    return (System.nanoTime() - begun) / 1_000_000;
  }

  private synchronized Producer<String, byte[]> running() {
    if (producer == null) {
      Map<String, Object> settings = connection.properties();
      settings.put(ProducerConfig.CLIENT_ID_CONFIG, "faultline-notifier-watch");
      settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
      settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, 5_000L);
      settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 5_000);
      settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 10_000);
      settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, TopicsAdmin.MAX_RECORD_BYTES);
      producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
    }
    return producer;
  }

  @Override
  public synchronized void close() {
    if (producer != null) {
      producer.close(Duration.ofSeconds(2));
      producer = null;
    }
  }
}
