package io.faultline.events;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What must be so of a record that came from outside, beyond what its types say. */
final class RecordCheck {

  /** Numbers stay below 2^53, so that every JSON reader has them exactly. */
  static final long MAX_NUMBER = (1L << 53) - 1;

  /** Looked up once for each record class: reflection over annotations is slow. */
  private static final ClassValue<List<Component>> COMPONENTS =
      new ClassValue<>() {
        @Override
        protected List<Component> computeValue(Class<?> type) {
          return Stream.of(type.getRecordComponents())
              .map(
                  component ->
                      new Component(
                          component.getName(),
                          component.getAccessor(),
                          component.getAnnotatedType().isAnnotationPresent(Nullable.class)))
              .toList();
        }
      };

  private RecordCheck() {}

  /**
   * The first thing that is wrong, with the name of the field: something is missing that is not
   * nullable, or a number is out of bounds. Null if all is well.
   */
  static @Nullable String firstWrong(EventData data) {
    List<String> wrong = new ArrayList<>();
    checkRecord(data, "", wrong);
    if (wrong.isEmpty()) {
      checkMeaning(data, wrong);
    }
    return wrong.isEmpty() ? null : wrong.getFirst();
  }

  private static void checkRecord(Object record, String path, List<String> wrong) {
    for (Component component : COMPONENTS.get(record.getClass())) {
      String name = path + component.name;
      Object value = component.of(record);
      if (value == null) {
        if (!component.nullable) {
          wrong.add(name + " is missing");
        }
      } else {
        checkValue(value, name, wrong);
      }
    }
  }

  private static void checkValue(Object value, String name, List<String> wrong) {
    if (value instanceof Record nested) {
      checkRecord(nested, name + ".", wrong);
    } else if (value instanceof Long number && (number < 0 || number > MAX_NUMBER)) {
      wrong.add(name + " is " + number + ", which is not from 0 to 2^53 - 1");
    } else if (value instanceof List<?> list) {
      checkElements(list, name, wrong);
    } else if (value instanceof Map<?, ?> map) {
      checkElements(map.values(), name, wrong);
    }
  }

  private static void checkElements(Iterable<?> elements, String name, List<String> wrong) {
    for (Object element : elements) {
      if (element == null) {
        wrong.add(name + " has an empty element");
      } else {
        checkValue(element, name, wrong);
      }
    }
  }

  private static void checkMeaning(EventData data, List<String> wrong) {
    if (!Names.isName(data.host())) {
      wrong.add("host is no name: " + data.host());
    }
    if (data instanceof BlockEvent block && block.part() < 0) {
      wrong.add("part is " + block.part() + ", which is not from 0");
    }
    if (data instanceof BlockEvent.MfMemPreRemove preRemove
        && preRemove.credits().containsValue(0L)) {
      wrong.add("credits has a share of 0");
    }
    if (data instanceof RemovalAck ack && ack.credit() == 0) {
      wrong.add("credit is 0");
    }
  }

  private record Component(String name, Method accessor, boolean nullable) {
    @Nullable Object of(Object record) {
      try {
        return accessor.invoke(record);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
