package io.faultline.standalone.dashboard;

import io.faultline.events.BlockEvent.CorruptedRange;
import io.faultline.events.BlockEvent.RangeRecovered;
import io.faultline.events.Cause;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.EventData;
import io.faultline.events.RecoveredData;
import io.faultline.events.Topics;
import io.faultline.events.Ulids;
import io.faultline.ranges.Extents;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * Events of a device at a fixed rate, straight into the topic: a device that really went bad so
 * often would be measured instead. Each fault goes bad and recovers, then comes the next one; so
 * half of them open a fault and the other half resolve it.
 */
final class Flood implements AutoCloseable {

  private static final int LOOK_EVERY_MILLIS = 10;
  private static final long NANOS_A_SECOND = 1_000_000_000L;

  /** Of a fault; one after the other, with as many between them. */
  private static final int SECTORS = 8;

  /** Where they begin again at the front of the device. */
  private static final int PLACES = 10_000;

  private final KafkaProducer<String, byte[]> producer;
  private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
  private final String host;
  private final String device;
  private final int eventsASecond;
  private final Instant started = Instant.now();

  /** What the events are counted in: of one that is known already each would be a repetition. */
  private final String log = new Ulids(started, 0).nextUlid();

  private final long begun = System.nanoTime();
  private final Future<?> going;
  private long sent;

  private Flood(String bootstrapServers, String host, String device, int eventsASecond) {
    this.host = host;
    this.device = device;
    this.eventsASecond = eventsASecond;
    this.producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", bootstrapServers, "enable.idempotence", true),
            new StringSerializer(),
            new ByteArraySerializer());
    this.going =
        scheduler.scheduleAtFixedRate(this::send, 0, LOOK_EVERY_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Begins at once and goes on until it is stopped. */
  static Flood on(String bootstrapServers, String host, String device, int eventsASecond) {
    return new Flood(bootstrapServers, host, device, eventsASecond);
  }

  /** As many as are due by the clock: a scheduler that was late makes up for it. */
  private synchronized void send() {
    long due = (System.nanoTime() - begun) * eventsASecond / NANOS_A_SECOND;
    for (; sent < due; sent++) {
      Event event = event(sent);
      producer.send(
          new ProducerRecord<>(
              Topics.DEVICE_EVENTS, null, host, EventCodec.data(event), EventCodec.headers(event)));
    }
  }

  private Event event(long number) {
    long fault = number / 2;
    Extents ranges = Extents.of(fault % PLACES * 2 * SECTORS, SECTORS);
    EventData data =
        number % 2 == 0
            ? new CorruptedRange(host, device, ranges, false, Cause.MEDIA_ERROR, null, 0, true)
            : new RangeRecovered(
                host,
                device,
                ranges,
                false,
                Cause.MEDIA_ERROR,
                null,
                0,
                true,
                RecoveredData.REWRITTEN);
    return new Event(
        new Ulids(started, 1 + number).next(host),
        "/hosts/" + host + "/devices/" + device,
        Instant.now(),
        new Ulids(started, -1 - fault).next(host),
        null,
        number + 1,
        log,
        null,
        data);
  }

  /**
   * @return how many events there were; all are in the topic
   */
  long stop() {
    going.cancel(false);
    synchronized (this) {
      producer.flush();
      return sent;
    }
  }

  @Override
  public void close() {
    scheduler.shutdownNow();
    producer.close();
  }
}
