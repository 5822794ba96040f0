package io.faultline.dm;

import static io.faultline.runtime.testing.Awaiting.await;

import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.map.PackedPieces;
import io.faultline.events.BlockEvent;
import io.faultline.events.Cause;
import io.faultline.events.DeviceEvent;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.EventData;
import io.faultline.events.Json;
import io.faultline.events.RecoveredData;
import io.faultline.events.Topics;
import io.faultline.ranges.Extents;
import io.faultline.runtime.LayerHost;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.testing.EmbeddedBroker;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * The fast device of a cache of ten million dirty blocks goes, from the device's event to the last
 * of the volume's, beside a bare producer that sends the same records in one transaction to a topic
 * of the same broker.
 */
@EnabledIfSystemProperty(named = "faultline.measure", matches = "true")
class RemovalPathMeasurement {

  private static final int BLOCKS = Integer.getInteger("faultline.measure.pieces", 10_000_000);
  private static final long BLOCK_SECTORS = 64;
  private static final String HOST = "measured";
  private static final String BARE_TOPIC = Topics.deadLetters(Topics.DEVICE_EVENTS);

  @TempDir static Path stateDir;

  private final DeviceStandIn devices = new DeviceStandIn();
  private final Map<String, Object> kafka =
      Map.of("bootstrap.servers", EmbeddedBroker.shared().bootstrapServers());
  private long sequence;

  @Test
  void aCacheDeviceGoes() {
    ConfigurableApplicationContext context = start();
    try (KafkaProducer<String, byte[]> producer = producer(Map.of())) {
      @SuppressWarnings("unchecked")
      LayerHost<DmCommand> layer = context.getBean(LayerHost.class);
      long fast = BLOCKS * BLOCK_SECTORS;
      device(producer, "meta", 8192);
      device(producer, "fast", fast);
      device(producer, "slow", 2 * fast);
      importDirty(layer, fast);
      try (KafkaConsumer<String, byte[]> heard = consumer(Topics.DM_EVENTS);
          KafkaConsumer<String, byte[]> bare = consumer(BARE_TOPIC);
          KafkaProducer<String, byte[]> transactional =
              producer(Map.of("transactional.id", "bare", "max.request.size", 16 << 20))) {
        transactional.initTransactions();
        for (int round = 1; round <= 3; round++) {
          List<ConsumerRecord<String, byte[]>> told = path(producer, heard, fast, round);
          double seconds = bare(transactional, bare, told);
          System.out.printf("round %d: bare producer %.2f s%n", round, seconds);
          comeBack(producer, heard, fast, round);
        }
      }
    } finally {
      context.close();
      devices.close();
    }
  }

  private ConfigurableApplicationContext start() {
    SpringApplication application = new SpringApplication(DmServiceApplication.class);
    application.setDefaultProperties(
        Map.of(
            "server.port",
            "0",
            "spring.main.banner-mode",
            "off",
            "faultline.state-dir",
            stateDir.toString(),
            "faultline.command-timeout",
            "PT60S",
            "faultline.device-service-url",
            devices.url(),
            "spring.kafka.bootstrap-servers",
            EmbeddedBroker.shared().bootstrapServers()));
    ConfigurableApplicationContext context = application.run();
    await("the layer is ready", () -> context.getBean(LayerHost.class).isReady());
    return context;
  }

  private KafkaProducer<String, byte[]> producer(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.putAll(more);
    return new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer());
  }

  /** Of all partitions, from here on. */
  private KafkaConsumer<String, byte[]> consumer(String topic) {
    Map<String, Object> settings = new HashMap<>(kafka);
    settings.put("isolation.level", "read_committed");
    settings.put("auto.offset.reset", "earliest");
    KafkaConsumer<String, byte[]> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new ByteArrayDeserializer());
    List<TopicPartition> partitions =
        consumer.partitionsFor(topic).stream()
            .map(each -> new TopicPartition(topic, each.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToEnd(partitions);
    partitions.forEach(consumer::position);
    return consumer;
  }

  private void device(KafkaProducer<String, byte[]> producer, String name, long sectors) {
    devices.add(HOST, name, sectors, true);
    publish(producer, new DeviceEvent.DeviceAdded(HOST, name, "pmem", sectors, true, 1), null);
  }

  private void publish(
      KafkaProducer<String, byte[]> producer, EventData data, @Nullable String faultId) {
    sequence++;
    Event event =
        new Event(
            HOST + ":event" + sequence,
            "/hosts/" + HOST + "/devices/x",
            Instant.now(),
            faultId,
            null,
            sequence,
            "slice-of-" + HOST,
            null,
            data);
    producer.send(
        new ProducerRecord<>(
            Topics.DEVICE_EVENTS, null, HOST, EventCodec.data(event), EventCodec.headers(event)));
    producer.flush();
  }

  private static void importDirty(LayerHost<DmCommand> layer, long fastSectors) {
    String table = "0 " + 2 * fastSectors + " cache meta fast slow 64 0 smq 0";
    Map<String, Claim> claims = new HashMap<>();
    for (String device : List.of("meta", "fast", "slow")) {
      long sectors =
          device.equals("meta") ? 8192 : device.equals("fast") ? fastSectors : 2 * fastSectors;
      claims.put(
          device,
          new Claim(1, sectors, true, 512, Extents.EMPTY, 3, "slice-of-" + HOST, List.of(), 1));
    }
    send(layer, new DmCommand.CreateVolume("cd", table, Map.of(), claims));
    Answers.ImportTicket ticket =
        Json.LENIENT.readValue(
            send(layer, new DmCommand.BeginImport("cd", "measured")).body(),
            Answers.ImportTicket.class);
    PackedPieces packed = new PackedPieces();
    packed.device(0);
    int parts = 0;
    for (int i = 0; i < BLOCKS; i++) {
      packed.add((i * 7_368_787L) % BLOCKS * 2, i, 1, true);
      if (packed.isFull()) {
        send(layer, new DmCommand.ImportPart("measured", parts++, packed.take()));
      }
    }
    send(layer, new DmCommand.ImportPart("measured", parts++, packed.take()));
    long began = System.nanoTime();
    send(layer, new DmCommand.CommitImport(ticket, parts, 1, BLOCKS, BLOCKS, null));
    System.out.printf("went live in %d ms%n", (System.nanoTime() - began) / 1_000_000);
  }

  private static Reply send(LayerHost<DmCommand> layer, DmCommand command) {
    Reply reply = layer.gateway().send(HOST, command, null);
    if (!reply.isSuccess()) {
      throw new IllegalStateException(new String(reply.body(), StandardCharsets.UTF_8));
    }
    return reply;
  }

  private List<ConsumerRecord<String, byte[]>> path(
      KafkaProducer<String, byte[]> producer,
      KafkaConsumer<String, byte[]> heard,
      long fastSectors,
      int round) {
    long began = System.nanoTime();
    publish(
        producer,
        new BlockEvent.CorruptedRange(
            HOST, "fast", Extents.of(0, fastSectors), true, Cause.DEVICE_REMOVED, null, 0, true),
        "fault" + round);
    int wanted = (BLOCKS + BlockEvent.MAX_RANGES_PER_PART - 1) / BlockEvent.MAX_RANGES_PER_PART;
    List<ConsumerRecord<String, byte[]>> told = read(heard, wanted);
    long bytes = told.stream().mapToLong(record -> record.value().length).sum();
    System.out.printf(
        "round %d: path %.2f s, %d events, %d MB%n",
        round, (System.nanoTime() - began) / 1e9, told.size(), bytes / 1_000_000);
    return told;
  }

  /** The device is there again, and every range is told once more. */
  private void comeBack(
      KafkaProducer<String, byte[]> producer,
      KafkaConsumer<String, byte[]> heard,
      long fastSectors,
      int round) {
    publish(
        producer,
        new BlockEvent.RangeRecovered(
            HOST,
            "fast",
            Extents.of(0, fastSectors),
            true,
            Cause.DEVICE_REMOVED,
            null,
            0,
            true,
            RecoveredData.RETURNED),
        "fault" + round);
    read(heard, (BLOCKS + BlockEvent.MAX_RANGES_PER_PART - 1) / BlockEvent.MAX_RANGES_PER_PART);
  }

  private static List<ConsumerRecord<String, byte[]>> read(
      KafkaConsumer<String, byte[]> consumer, int wanted) {
    List<ConsumerRecord<String, byte[]>> read = new ArrayList<>();
    while (read.size() < wanted) {
      consumer.poll(Duration.ofMillis(100)).forEach(read::add);
    }
    return read;
  }

  private static double bare(
      KafkaProducer<String, byte[]> producer,
      KafkaConsumer<String, byte[]> consumer,
      List<ConsumerRecord<String, byte[]>> told) {
    long began = System.nanoTime();
    producer.beginTransaction();
    for (ConsumerRecord<String, byte[]> record : told) {
      producer.send(new ProducerRecord<>(BARE_TOPIC, null, HOST, record.value(), record.headers()));
    }
    producer.commitTransaction();
    read(consumer, told.size());
    return (System.nanoTime() - began) / 1e9;
  }
}
