package io.faultline.runtime;

import io.faultline.events.Topics;
import io.faultline.runtime.trace.Spans;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.kafka.KafkaStreamsMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Runs one layer's core: a Kafka Streams topology of one processor, and the way for commands to
 * reach it.
 *
 * @param <C> the layer's commands
 */
public final class LayerHost<C> implements SmartLifecycle {

  private static final Logger log = LoggerFactory.getLogger(LayerHost.class);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

  private final LayerDefinition<?, C, ?> definition;
  private final KafkaConnection connection;
  private final FaultlineProperties properties;
  private final TopicsAdmin topics;
  private final MeterRegistry registry;
  private final Spans spans;
  private final CommandGateway<C> gateway;
  private volatile @Nullable KafkaStreams streams;
  private @Nullable KafkaStreamsMetrics streamsMetrics;

  LayerHost(
      LayerDefinition<?, C, ?> definition,
      KafkaConnection connection,
      FaultlineProperties properties,
      MeterRegistry registry,
      Spans spans) {
    this.definition = definition;
    this.connection = connection;
    this.properties = properties;
    this.topics = new TopicsAdmin(connection, properties.topics());
    this.registry = registry;
    this.spans = spans;
    this.gateway =
        new CommandGateway<>(
            definition.layer(), definition.commands(), connection, properties, registry);
    bindGauges();
  }

  private void bindGauges() {
    Gauge.builder("faultline.layer.ready", this, host -> host.isReady() ? 1 : 0)
        .tag("layer", layer())
        .register(registry);
    Gauge.builder("faultline.layer.lag", this, LayerHost::lag)
        .tag("layer", layer())
        .baseUnit("records")
        .register(registry);
  }

  /** Records that wait to be heard, on the partitions that this instance owns. */
  private double lag() {
    KafkaStreams running = streams;
    return running == null
        ? Double.NaN
        : running.metrics().values().stream()
            .filter(metric -> metric.metricName().name().equals("records-lag"))
            .map(Metric::metricValue)
            .filter(value -> value instanceof Double lag && !lag.isNaN())
            .mapToDouble(Double.class::cast)
            .sum();
  }

  /** How commands reach the owner of their host, on whichever instance it is. */
  public CommandGateway<C> gateway() {
    return gateway;
  }

  public String layer() {
    return definition.layer();
  }

  /** Whether events are being heard and commands answered. */
  public boolean isReady() {
    KafkaStreams running = streams;
    return running != null && running.state() == KafkaStreams.State.RUNNING && gateway.isRunning();
  }

  /** How it fares, for the health page: the state of Kafka Streams, or {@code STOPPED}. */
  public String state() {
    KafkaStreams running = streams;
    return running == null ? "STOPPED" : running.state().name();
  }

  @Override
  public synchronized void start() {
    if (streams != null) {
      return;
    }
    topics.ensure(neededTopics());
    KafkaStreams starting = new KafkaStreams(topology(definition), streamsProperties());
    starting.setUncaughtExceptionHandler(
        failure -> {
          log.error("{}: a stream thread failed and is replaced", definition.layer(), failure);
          registry
              .counter("faultline.layer.threads.replaced", "layer", definition.layer())
              .increment();
          return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
    KafkaStreamsMetrics metrics = new KafkaStreamsMetrics(starting);
    metrics.bindTo(registry);
    starting.start();
    streams = starting;
    streamsMetrics = metrics;
    gateway.start();
  }

  @Override
  public synchronized void stop() {
    gateway.stop();
    if (streams != null) {
      streams.close(STOP_TIMEOUT);
      streams = null;
    }
    if (streamsMetrics != null) {
      streamsMetrics.close();
      streamsMetrics = null;
    }
  }

  @Override
  public boolean isRunning() {
    return streams != null;
  }

  private List<NewTopic> neededTopics() {
    String layer = definition.layer();
    List<NewTopic> needed = new ArrayList<>();
    needed.add(topics.events(Topics.events(layer)));
    needed.add(topics.events(Topics.REMOVAL_ACKS));
    needed.add(topics.requests(Topics.commands(layer)));
    needed.add(topics.requests(Topics.replies(layer)));
    needed.add(topics.events(Topics.deadLetters(Topics.commands(layer))));
    for (String heard : definition.hears()) {
      // Whichever service comes first makes a topic: all make it the same.
      needed.add(topics.events(heard));
      needed.add(topics.events(Topics.deadLetters(heard)));
    }
    return needed;
  }

  private <S, F> Topology topology(LayerDefinition<S, C, F> layer) {
    String commands = Topics.commands(layer.layer());
    List<String> sources = new ArrayList<>(layer.hears());
    sources.add(commands);
    StringSerializer keys = new StringSerializer();
    ByteArraySerializer values = new ByteArraySerializer();
    return new Topology()
        .addSource(
            "heard",
            new StringDeserializer(),
            new ByteArrayDeserializer(),
            sources.toArray(String[]::new))
        .addProcessor("core", () -> new LayerProcessor<>(layer, registry, spans), "heard")
        .addStateStore(
            Stores.keyValueStoreBuilder(
                    Stores.persistentKeyValueStore(LayerProcessor.STORE),
                    Serdes.String(),
                    Serdes.ByteArray())
                // A key that many inputs of one commit write goes to RocksDB and the changelog
                // once.
                .withCachingEnabled()
                .withLoggingEnabled(
                    Map.of(
                        TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                        Integer.toString(TopicsAdmin.MAX_RECORD_BYTES))),
            "core")
        .addSink(LayerProcessor.SINK_EVENTS, Topics.events(layer.layer()), keys, values, "core")
        .addSink(LayerProcessor.SINK_ACKS, Topics.REMOVAL_ACKS, keys, values, "core")
        .addSink(LayerProcessor.SINK_REPLIES, Topics.replies(layer.layer()), keys, values, "core")
        .addSink(
            LayerProcessor.SINK_DEAD,
            (key, value, context) -> Topics.deadLetters(context.topic()),
            keys,
            values,
            "core");
  }

  /** Chosen by measurement: see docs/decisions/exactly-once-settings.md. */
  private Properties streamsProperties() {
    FaultlineProperties.Streams tuned = properties.streams();
    Path stateDir = properties.stateDir().toAbsolutePath();
    Map<String, Object> settings = new HashMap<>(connection.properties());
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "faultline-" + definition.layer());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, tuned.commitInterval().toMillis());
    settings.put(StreamsConfig.POLL_MS_CONFIG, tuned.pollInterval().toMillis());
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, tuned.threads());
    settings.put(StreamsConfig.NUM_STANDBY_REPLICAS_CONFIG, tuned.standbyReplicas());
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, (int) properties.topics().replication());
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 0);
    settings.put(
        StreamsConfig.producerPrefix(ProducerConfig.MAX_REQUEST_SIZE_CONFIG),
        TopicsAdmin.MAX_RECORD_BYTES);
    settings.put(StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG), 3000);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 2500);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), 500);
    settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
    Properties result = new Properties();
    result.putAll(settings);
    return result;
  }
}
