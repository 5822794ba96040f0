package io.faultline.events;

import io.faultline.ranges.Extents;
import io.faultline.ranges.testing.Gen;
import java.lang.reflect.RecordComponent;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Random events of any type, made from the record's components, so that a new type has them. */
final class RandomEvents {

  private static final long MAX_SECOND = Instant.parse("9999-12-31T23:59:59Z").getEpochSecond();

  private RandomEvents() {}

  static Event event(Gen gen, EventType type) {
    EventData data = (EventData) record(gen, type.record());
    return new Event(
        data.host() + ":" + new Ulids(time(gen), gen.anyLong()).nextUlid(),
        "/hosts/" + data.host() + "/devices/" + gen.name(),
        time(gen),
        gen.flip() ? null : data.host() + ":" + gen.name(),
        gen.flip() ? null : data.host() + ":" + gen.name(),
        number(gen),
        gen.name(),
        gen.flip() ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data);
  }

  static EventType type(Gen gen) {
    return gen.pick(EventType.class);
  }

  private static Object record(Gen gen, Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    Object[] values = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      types[i] = components[i].getType();
      boolean nullable = components[i].getAnnotatedType().isAnnotationPresent(Nullable.class);
      values[i] = nullable && gen.flip() ? null : value(gen, components[i]);
    }
    try {
      var constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static Object value(Gen gen, RecordComponent component) {
    Class<?> type = component.getType();
    if (type == String.class) {
      return component.getName().equals("host") ? gen.name() : gen.text();
    } else if (type == long.class || type == Long.class) {
      boolean share = component.getName().equals("credit");
      return share ? Math.max(1, number(gen)) : number(gen);
    } else if (type == int.class) {
      return gen.below(1 + gen.size());
    } else if (type == boolean.class) {
      return gen.flip();
    } else if (type == Extents.class) {
      return gen.extents(gen.pick(0, 1, gen.size(), 256, 257));
    } else if (type == Instant.class) {
      return time(gen);
    } else if (type == List.class) {
      return gen.list(gen::text);
    } else if (type == Map.class) {
      Map<String, Long> shares = new TreeMap<>();
      gen.list(gen::name).forEach(name -> shares.put("dm:" + name, Math.max(1, number(gen))));
      return shares;
    } else if (type.isEnum()) {
      return type.getEnumConstants()[gen.below(type.getEnumConstants().length)];
    } else if (type.isRecord()) {
      return record(gen, type);
    }
    throw new AssertionError("no way to make a random " + component);
  }

  /** As every 64-bit number of the contract: from 0 to 2^53 - 1. */
  static long number(Gen gen) {
    return gen.anyLong() & RecordCheck.MAX_NUMBER;
  }

  private static Instant time(Gen gen) {
    int nanos = gen.pick(0, 1, 123_000_000, 999_999_999);
    return Instant.ofEpochSecond(gen.between(0, MAX_SECOND), nanos);
  }
}
