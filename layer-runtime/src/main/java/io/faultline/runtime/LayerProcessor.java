package io.faultline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Decoded;
import io.faultline.events.Event;
import io.faultline.events.EventCodec;
import io.faultline.events.Names;
import io.faultline.events.RemovalAck;
import io.faultline.events.Topics;
import io.faultline.events.Ulids;
import io.faultline.runtime.ShellFact.Answered;
import io.faultline.runtime.ShellFact.Heard;
import io.faultline.runtime.ShellFact.Numbering;
import io.faultline.runtime.core.Answer;
import io.faultline.runtime.core.Decision;
import io.faultline.runtime.core.Fact;
import io.faultline.runtime.core.Input;
import io.faultline.runtime.core.LayerCore;
import io.faultline.runtime.core.Output;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.core.Stamp;
import io.faultline.runtime.trace.LogContext;
import io.faultline.runtime.trace.Spans;
import io.faultline.runtime.trace.TraceContext;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.support.KafkaHeaders;

/**
 * The shell of every layer, for one partition: decode, decide, evolve, store, forward.
 *
 * <p>Kafka Streams commits the input's offset, the store's changes and the outputs in one
 * transaction; whatever fails in between is done again from the store. Memory is only a fold over
 * the store: {@link #init} clears it first, because after a corrupted task the very same object is
 * initialised again.
 */
final class LayerProcessor<S, C, F> implements Processor<String, byte[], String, byte[]> {

  static final String STORE = "facts";
  static final String SINK_EVENTS = "to-events";
  static final String SINK_ACKS = "to-acks";
  static final String SINK_REPLIES = "to-replies";
  static final String SINK_DEAD = "to-dead-letters";

  /** Answers kept for each host under ids that clients chose; the oldest go first. */
  static final int MAX_KEPT_ANSWERS = 256;

  /** A larger answer is not kept: the same id is then carried out again. */
  static final int MAX_KEPT_ANSWER_BYTES = 64 * 1024;

  /** Room for headers and key beside the value of a record. */
  private static final int RECORD_OVERHEAD_BYTES = 64 * 1024;

  private static final int MAX_VALUE_BYTES = TopicsAdmin.MAX_RECORD_BYTES - RECORD_OVERHEAD_BYTES;

  private static final Logger log = LoggerFactory.getLogger(LayerProcessor.class);
  private static final SealedCodec<ShellFact> SHELL_FACTS = new SealedCodec<>(ShellFact.class);
  private static final Duration TICK = Duration.ofSeconds(1);

  private final LayerDefinition<S, C, F> definition;
  private final LayerCore<S, C, F> core;
  private final String commandsTopic;
  private final LayerMeters meters;
  private final Spans spans;

  /** Ordered, so that a query for every host answers in the order of their names. */
  private final Map<String, HostState<S>> hosts = new TreeMap<>();

  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, byte[]> store;
  private long ticks;

  @SuppressWarnings("NullAway") // context and store come with init, which Kafka Streams calls first
  LayerProcessor(LayerDefinition<S, C, F> definition, MeterRegistry registry, Spans spans) {
    this.definition = definition;
    this.core = definition.core();
    this.commandsTopic = Topics.commands(definition.layer());
    this.meters = new LayerMeters(definition.layer(), registry);
    this.spans = spans;
  }

  @Override
  public void init(ProcessorContext<String, byte[]> processorContext) {
    context = processorContext;
    store = processorContext.getStateStore(STORE);
    hosts.clear();
    replay(null);
    hosts.forEach((name, host) -> definition.watch().settled(name, host.core));
    context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
  }

  @Override
  public void close() {
    hosts.keySet().forEach(definition.watch()::gone);
  }

  private void settled(String name) {
    HostState<S> host = hosts.get(name);
    if (host != null) {
      definition.watch().settled(name, host.core);
    }
  }

  /** Folds the store into memory: all of it, or one host. */
  private void replay(@Nullable String onlyHost) {
    try (KeyValueIterator<String, byte[]> all =
        onlyHost == null ? store.all() : store.range(onlyHost + '\0', onlyHost + '\1')) {
      while (all.hasNext()) {
        KeyValue<String, byte[]> entry = all.next();
        int end = entry.key.indexOf('\0');
        HostState<S> host =
            hosts.computeIfAbsent(
                entry.key.substring(0, end), name -> new HostState<>(name, core.initial(name)));
        host.kept = true;
        apply(host, entry.key.substring(end + 1), entry.value);
      }
    }
  }

  private void apply(HostState<S> host, String key, byte[] value) {
    if (key.charAt(0) != '#') {
      host.core = core.evolve(host.core, new Fact<>(key, definition.facts().decode(value)));
      return;
    }
    switch (SHELL_FACTS.decode(value)) {
      case Numbering numbering -> {
        host.sliceId = numbering.sliceId();
        host.lastSequence = numbering.lastSequence();
      }
      case Heard heard -> host.heard.put(key.substring("#heard/".length()), heard.sequence());
      case Answered answered -> host.remember(answered);
    }
  }

  @Override
  public void process(Record<String, byte[]> record) {
    RecordMetadata source = context.recordMetadata().orElseThrow();
    if (source.topic().equals(commandsTopic)) {
      processCommand(record, source);
    } else {
      processEvent(record, source);
    }
    if (record.key() != null) {
      settled(record.key());
    }
  }

  private void processEvent(Record<String, byte[]> record, RecordMetadata source) {
    switch (EventCodec.decode(record.key(), record.headers(), record.value())) {
      case Decoded.Malformed malformed -> bury(record, source, malformed.reason());
      case Decoded.Ok ok -> hear(record, source, ok.event());
    }
  }

  private void hear(Record<String, byte[]> record, RecordMetadata source, Event event) {
    HostState<S> host = host(event.host());
    Long last = host.heard.get(event.sliceId());
    if (last != null && event.sequence() <= last) {
      meters.repeats.increment();
      return;
    }
    String name = definition.layer() + " " + event.type().shortName();
    Step decided;
    try (Spans.Span span = spans.begin(name, Spans.Kind.CONSUMER, event.traceparent());
        LogContext _ = LogContext.of(event.traceparent(), event.faultId())) {
      span.attribute("faultline.host", event.host());
      span.attribute("faultline.fault.id", event.faultId());
      span.attribute("faultline.event.id", event.id());
      decided = decideOn(record, source, host, event, span);
    }
    if (decided == null) {
      // What memory holds of the host has been made anew.
      host = host(event.host());
    }
    Step step = decided == null ? Step.NOTHING : decided;
    host.heard.put(event.sliceId(), event.sequence());
    keep(host, "#heard/" + event.sliceId(), new Heard(event.sequence()));
    take(host, step);
    meters.heard(record.timestamp(), context.currentSystemTimeMs());
  }

  /** Decides and evolves; null if it could not be decided, was put aside and has no effect. */
  private @Nullable Step decideOn(
      Record<String, byte[]> record,
      RecordMetadata source,
      HostState<S> host,
      Event event,
      Spans.Span span) {
    Stamp stamp = stamp(host, record.timestamp(), source);
    try {
      Decision<F> decision = core.decide(host.core, new Input.Heard<>(stamp, event));
      Step step = step(host, decision, stamp, span.traceparent());
      evolve(host, decision);
      return step;
    } catch (RuntimeException e) {
      log.error("{}: event {} cannot be decided", definition.layer(), event.id(), e);
      span.failed("cannot be decided");
      reload(event.host());
      bury(record, source, "cannot be decided: " + e);
      return null;
    }
  }

  private void processCommand(Record<String, byte[]> record, RecordMetadata source) {
    C command;
    try {
      command = definition.commands().decode(record.value());
    } catch (RuntimeException e) {
      bury(record, source, "not a command: " + e.getMessage());
      reply(
          record,
          Replying.of(
              new Problem("internal", 500, "A bug", "The command is unreadable").asAnswer()));
      return;
    }
    meters.commands.increment();
    if (record.headers().lastHeader(Wire.EVERY_HOST) != null) {
      reply(record, askEveryHost(record, source, command));
      return;
    }
    if (record.key() == null || !Names.isName(record.key())) {
      bury(record, source, "the key is no host");
      return;
    }
    carryOut(record, source, host(record.key()), command);
  }

  private void carryOut(
      Record<String, byte[]> record, RecordMetadata source, HostState<S> asked, C command) {
    HostState<S> host = asked;
    String commandId =
        Objects.requireNonNullElse(Wire.text(record.headers(), Wire.COMMAND_ID), "unnamed");
    int commandHash = Arrays.hashCode(record.value());
    Answered before = host.answered.get(commandId);
    if (before != null) {
      meters.repeats.increment();
      reply(
          record,
          before.commandHash() == commandHash
              ? Replying.of(before)
              : Replying.otherCommand(commandId));
      return;
    }
    Stamp stamp = stamp(host, record.timestamp(), source);
    String name = command.getClass().getSimpleName();
    Step step;
    Replying answer;
    try (Spans.Span span =
            spans.begin(
                definition.layer() + " " + name,
                Spans.Kind.CONSUMER,
                Wire.text(record.headers(), TraceContext.HEADER));
        LogContext _ = LogContext.of(span.traceparent(), null)) {
      span.attribute("faultline.host", host.host);
      Decision<F> decision =
          core.decide(host.core, new Input.Commanded<>(stamp, commandId, command));
      answer = Replying.of(onlyAnswer(decision));
      step = step(host, decision, stamp, span.traceparent());
      evolve(host, decision);
    } catch (RuntimeException e) {
      log.error("{}: command {} cannot be decided", definition.layer(), name, e);
      reload(host.host);
      bury(record, source, "cannot be decided: " + e);
      reply(record, Replying.bug(record.headers()));
      return;
    }
    take(host, step);
    if (record.headers().lastHeader(Wire.KEEP_ANSWER) != null) {
      keepAnswer(host, commandId, commandHash, answer);
    }
    reply(record, answer);
  }

  private Replying askEveryHost(Record<String, byte[]> record, RecordMetadata source, C query) {
    ByteArrayOutputStream bodies = new ByteArrayOutputStream();
    bodies.write('[');
    for (HostState<S> host : hosts.values()) {
      Decision<F> decision;
      try {
        Stamp stamp = stamp(host, record.timestamp(), source);
        decision = core.decide(host.core, new Input.Commanded<>(stamp, "every-host", query));
        if (!decision.facts().isEmpty()) {
          throw new IllegalStateException("a query for every host changes nothing");
        }
      } catch (RuntimeException e) {
        log.error(
            "{}: query {} cannot be decided",
            definition.layer(),
            query.getClass().getSimpleName(),
            e);
        bury(record, source, "cannot be decided: " + e);
        return Replying.bug(record.headers());
      }
      Replying answer = Replying.of(onlyAnswer(decision));
      if (answer.status() < 300) {
        if (bodies.size() > 1) {
          bodies.write(',');
        }
        bodies.writeBytes(answer.body());
      }
    }
    bodies.write(']');
    return new Replying(200, "application/json", bodies.toByteArray());
  }

  private void tick(long nowMillis) {
    for (HostState<S> host : List.copyOf(hosts.values())) {
      if (core.waitsForTime(host.core)) {
        long seed =
            Seeds.of("tick/" + host.host, context.taskId().partition(), nowMillis + ticks++);
        Ulids ulids = new Ulids(Instant.ofEpochMilli(nowMillis), seed);
        Stamp stamp =
            new Stamp(
                Instant.ofEpochMilli(nowMillis),
                host.host,
                ulids,
                host.sliceId(definition.layer(), ulids),
                host.lastSequence);
        try {
          Decision<F> decision = core.decide(host.core, new Input.Ticked<>(stamp));
          Step step = step(host, decision, stamp, null);
          evolve(host, decision);
          take(host, step);
        } catch (RuntimeException e) {
          log.error("{}: a tick of {} cannot be decided", definition.layer(), host.host, e);
          meters.deadLetters.increment();
          reload(host.host);
        }
        settled(host.host);
      }
    }
  }

  private HostState<S> host(String name) {
    HostState<S> known = hosts.get(name);
    return known != null ? known : new HostState<>(name, core.initial(name));
  }

  private Stamp stamp(HostState<S> host, long timestampMillis, RecordMetadata source) {
    Instant now = Instant.ofEpochMilli(timestampMillis);
    Ulids ulids = new Ulids(now, Seeds.of(source.topic(), source.partition(), source.offset()));
    return new Stamp(
        now, host.host, ulids, host.sliceId(definition.layer(), ulids), host.lastSequence);
  }

  private void evolve(HostState<S> host, Decision<F> decision) {
    for (Fact<F> fact : decision.facts()) {
      host.core = core.evolve(host.core, fact);
    }
  }

  /** After a failure in the middle: what memory holds may be half done, the store is not. */
  private void reload(String host) {
    hosts.remove(host);
    replay(host);
  }

  /** What a decision puts into the store and forwards, encoded; nothing is changed yet. */
  private record Step(
      Map<String, byte @Nullable []> facts,
      List<Outgoing> events,
      String sliceId,
      long lastSequence) {

    static final Step NOTHING = new Step(Map.of(), List.of(), "", 0);
  }

  private record Outgoing(String sink, Record<String, byte[]> record) {}

  /**
   * Encodes a decision. A record that Kafka would refuse fails here, before anything is changed: in
   * the producer it would end the thread, and the next one on the same record, for ever.
   */
  private Step step(
      HostState<S> host, Decision<F> decision, Stamp stamp, @Nullable String traceparent) {
    Map<String, byte @Nullable []> facts = new LinkedHashMap<>();
    for (Fact<F> fact : decision.facts()) {
      F value = fact.value();
      byte[] bytes = value == null ? null : definition.facts().encode(value);
      facts.put(fact.key(), bytes == null ? null : requireFits(fact.key(), bytes));
    }
    long sequence = host.lastSequence;
    List<Outgoing> events = new ArrayList<>();
    for (Output output : decision.outputs()) {
      switch (output) {
        case Output.Publish publish ->
            events.add(outgoing(publish, stamp, ++sequence, traceparent));
        case Output.Reply reply -> {}
      }
    }
    return new Step(facts, events, stamp.sliceId(), sequence);
  }

  private static byte[] requireFits(String what, byte[] bytes) {
    if (bytes.length > MAX_VALUE_BYTES) {
      throw new IllegalStateException(
          what + " has " + bytes.length + " bytes, a record has " + MAX_VALUE_BYTES + " at most");
    }
    return bytes;
  }

  private static Outgoing outgoing(
      Output.Publish publish, Stamp stamp, long sequence, @Nullable String traceparent) {
    Event event =
        new Event(
            publish.id(),
            publish.source(),
            stamp.now(),
            publish.faultId(),
            publish.causationId(),
            sequence,
            stamp.sliceId(),
            traceparent,
            publish.data());
    Record<String, byte[]> record =
        new Record<>(
            stamp.host(),
            requireFits(publish.source(), EventCodec.data(event)),
            stamp.now().toEpochMilli(),
            EventCodec.headers(event));
    return new Outgoing(publish.data() instanceof RemovalAck ? SINK_ACKS : SINK_EVENTS, record);
  }

  /** Puts a step into the store and on its way; memory has evolved already. */
  private void take(HostState<S> host, Step step) {
    step.facts().forEach((key, value) -> put(host, key, value));
    for (Outgoing event : step.events()) {
      context.forward(event.record(), event.sink());
      meters.published.increment();
    }
    if (!step.events().isEmpty()) {
      host.lastSequence = step.lastSequence();
      keep(host, "#numbering", new Numbering(step.sliceId(), step.lastSequence()));
    }
  }

  private void keep(HostState<S> host, String key, ShellFact fact) {
    put(host, key, SHELL_FACTS.encode(fact));
  }

  private void put(HostState<S> host, String key, byte @Nullable [] value) {
    if (!host.kept) {
      host.kept = true;
      hosts.put(host.host, host);
    }
    store.put(host.host + '\0' + key, value);
  }

  private void keepAnswer(HostState<S> host, String commandId, int commandHash, Replying answer) {
    if (answer.body().length > MAX_KEPT_ANSWER_BYTES) {
      return;
    }
    Answered answered =
        new Answered(
            commandId,
            host.nextAnswerOrder(),
            commandHash,
            answer.status(),
            answer.contentType(),
            answer.body());
    host.remember(answered);
    keep(host, "#answered/" + commandId, answered);
    String forgotten = host.forgetOldestAnswerAbove(MAX_KEPT_ANSWERS);
    if (forgotten != null) {
      put(host, "#answered/" + forgotten, null);
    }
  }

  private static Answer onlyAnswer(Decision<?> decision) {
    Answer answer = null;
    for (Output output : decision.outputs()) {
      if (output instanceof Output.Reply reply) {
        if (answer != null) {
          throw new IllegalStateException("a command is answered once");
        }
        answer = reply.answer();
      }
    }
    if (answer == null) {
      throw new IllegalStateException("a command must be answered");
    }
    return answer;
  }

  private void reply(Record<String, byte[]> command, Replying given) {
    Replying answer = given.body().length <= MAX_VALUE_BYTES ? given : Replying.tooLarge(given);
    Header correlation = command.headers().lastHeader(KafkaHeaders.CORRELATION_ID);
    if (correlation == null) {
      return;
    }
    Headers headers = new RecordHeaders();
    headers.add(correlation);
    headers.add(Wire.STATUS, Wire.bytes(Integer.toString(answer.status())));
    headers.add(Wire.CONTENT_TYPE, Wire.bytes(answer.contentType()));
    context.forward(
        new Record<>(command.key(), answer.body(), command.timestamp(), headers), SINK_REPLIES);
  }

  /** Puts a record aside with the reason; the partition goes on. */
  private void bury(Record<String, byte[]> record, RecordMetadata source, String reason) {
    meters.deadLetters.increment();
    log.warn(
        "{}: {}-{}@{} put aside: {}",
        definition.layer(),
        source.topic(),
        source.partition(),
        source.offset(),
        reason);
    Headers headers = new RecordHeaders(record.headers().toArray());
    headers.add(Wire.DEAD_LAYER, Wire.bytes(definition.layer()));
    headers.add(
        Wire.DEAD_SOURCE,
        Wire.bytes(source.topic() + "-" + source.partition() + "@" + source.offset()));
    headers.add(Wire.DEAD_REASON, Wire.bytes(reason));
    context.forward(
        new Record<>(record.key(), record.value(), record.timestamp(), headers), SINK_DEAD);
  }

  /** An answer as it goes onto the wire. */
  record Replying(int status, String contentType, byte[] body) {

    static Replying of(Answer answer) {
      return switch (answer) {
        case Answer.Done done when done.body() == null ->
            new Replying(done.status(), "", new byte[0]);
        case Answer.Done done ->
            new Replying(done.status(), "application/json", Problems.json(done.body()));
        case Answer.Text text ->
            new Replying(text.status(), text.contentType(), text.body().getBytes(UTF_8));
        case Answer.Refused refused ->
            new Replying(
                refused.status(), Problems.CONTENT_TYPE, Problems.toJson(refused.problem()));
      };
    }

    static Replying of(Answered answered) {
      return new Replying(answered.status(), answered.contentType(), answered.body());
    }

    static Replying otherCommand(String commandId) {
      return of(Problem.keyReused(commandId).asAnswer());
    }

    static Replying tooLarge(Replying answer) {
      return of(
          Problem.refused(
                  "answer-too-large",
                  "The answer is too large",
                  "The answer has "
                      + answer.body().length
                      + " bytes, an answer has "
                      + MAX_VALUE_BYTES
                      + " at most; ask for a smaller range or page")
              .asAnswer());
    }

    static Replying bug(Headers headers) {
      return of(
          new Problem(
                  "internal-error",
                  500,
                  "A bug in Faultline",
                  "The request could not be decided; nothing was changed. Command "
                      + Wire.text(headers, Wire.COMMAND_ID)
                      + " is in the dead-letter topic with the reason")
              .asAnswer());
    }
  }
}
