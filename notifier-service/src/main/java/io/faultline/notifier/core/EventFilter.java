package io.faultline.notifier.core;

import io.faultline.events.Event;
import io.faultline.events.EventType;
import io.faultline.events.Names;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which events somebody wants. An event passes if every field that is set lets it through; a field
 * lets through what one of its values names. A field without values lets everything through. Names
 * of hosts, devices, volumes and filesystems may be patterns ({@code pmem*}); see {@link PathGlob}.
 *
 * @param device block devices that the event mentions, leaves and volumes
 * @param volume as {@code device}, but only in what volumes and filesystems tell
 * @param path patterns for a file's paths
 * @param fault ids of faults
 * @param severity at least this; null for all
 */
public record EventFilter(
    Set<Layer> layer,
    Set<EventType> type,
    Set<String> host,
    Set<String> device,
    Set<String> volume,
    Set<String> filesystem,
    Set<String> path,
    Set<String> fault,
    @Nullable Severity severity) {

  /** Values that one field may have. */
  public static final int MAX_VALUES = 64;

  public static final List<String> FIELDS =
      List.of(
          "layer", "type", "host", "device", "volume", "filesystem", "path", "fault", "severity");

  /** Lets everything through. */
  public static final EventFilter ALL =
      new EventFilter(
          Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), Set.of(), null);

  private static final String TYPE_PREFIX = "io.faultline.";
  private static final int MAX_FAULT_ID_LENGTH = 128;

  /** A filter, or why there is none. */
  public sealed interface Parsed {

    record Ok(EventFilter filter) implements Parsed {}

    /**
     * @param field the field that is wrong
     * @param detail names the value and what would be right
     */
    record Refused(String field, String detail) implements Parsed {}
  }

  /** From the names of fields to their values; see {@link #FIELDS}. */
  public static Parsed parse(Map<String, ? extends Collection<String>> fields) {
    for (Map.Entry<String, ? extends Collection<String>> field : fields.entrySet()) {
      String name = field.getKey();
      if (!FIELDS.contains(name)) {
        return new Parsed.Refused(
            name, "There is no filter " + shown(name) + "; there are " + String.join(", ", FIELDS));
      }
      if (field.getValue().isEmpty() || field.getValue().size() > MAX_VALUES) {
        return new Parsed.Refused(
            name, name + " takes 1 to " + MAX_VALUES + " values, not " + field.getValue().size());
      }
      for (String value : field.getValue()) {
        String wrong = whatIsWrong(name, value);
        if (wrong != null) {
          return new Parsed.Refused(name, wrong);
        }
      }
    }
    return new Parsed.Ok(
        new EventFilter(
            values(fields, "layer")
                .map(Layer::byText)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Layer.class))),
            values(fields, "type")
                .map(EventFilter::typeNamed)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(EventType.class))),
            sorted(fields, "host"),
            sorted(fields, "device"),
            sorted(fields, "volume"),
            sorted(fields, "filesystem"),
            sorted(fields, "path"),
            sorted(fields, "fault"),
            values(fields, "severity")
                .map(Severity::byText)
                .min(Severity::compareTo)
                .orElse(null)));
  }

  private static @Nullable String whatIsWrong(String field, String value) {
    boolean right =
        switch (field) {
          case "layer" -> Layer.byText(value) != null;
          case "type" -> typeNamed(value) != null;
          case "severity" -> Severity.byText(value) != null;
          case "path" -> !value.isEmpty() && value.length() <= PathGlob.MAX_LENGTH;
          case "fault" -> !value.isEmpty() && value.length() <= MAX_FAULT_ID_LENGTH;
          default -> isName(value);
        };
    return right ? null : field + " is not " + shown(value) + " but " + rule(field);
  }

  /** A name, or a pattern of names: {@code pmem*}. */
  private static boolean isName(String value) {
    return Names.isName(isPattern(value) ? value.replaceAll("[*?]+", "x") : value);
  }

  private static String rule(String field) {
    return switch (field) {
      case "layer" -> oneOf(Arrays.stream(Layer.values()).map(Layer::text));
      case "type" -> oneOf(Arrays.stream(EventType.values()).map(EventType::shortName));
      case "severity" -> oneOf(Arrays.stream(Severity.values()).map(Severity::text));
      case "path" -> "a pattern of 1 to " + PathGlob.MAX_LENGTH + " characters";
      case "fault" -> "the id of a fault, host:ulid";
      default -> "a name as " + Names.NAME.pattern() + ", or a pattern of one with * and ?";
    };
  }

  private static String oneOf(Stream<String> names) {
    return "one of " + names.collect(Collectors.joining(", "));
  }

  private static String shown(String value) {
    return "'" + (value.length() <= 80 ? value : value.substring(0, 80) + "…") + "'";
  }

  private static @Nullable EventType typeNamed(String name) {
    return EventType.byName(name.startsWith(TYPE_PREFIX) ? name : TYPE_PREFIX + name);
  }

  private static Stream<String> values(
      Map<String, ? extends Collection<String>> fields, String name) {
    Collection<String> values = fields.get(name);
    return values == null ? Stream.empty() : values.stream();
  }

  private static Set<String> sorted(Map<String, ? extends Collection<String>> fields, String name) {
    return values(fields, name).collect(Collectors.toCollection(TreeSet::new));
  }

  /** The same filter as {@link #parse} takes it, fields without values left out. */
  public Map<String, List<String>> toFields() {
    Map<String, List<String>> fields = new LinkedHashMap<>();
    put(fields, "layer", layer.stream().map(Layer::text));
    put(fields, "type", type.stream().map(EventType::shortName));
    put(fields, "host", host.stream());
    put(fields, "device", device.stream());
    put(fields, "volume", volume.stream());
    put(fields, "filesystem", filesystem.stream());
    put(fields, "path", path.stream());
    put(fields, "fault", fault.stream());
    put(fields, "severity", Stream.ofNullable(severity).map(Severity::text));
    return fields;
  }

  private static void put(Map<String, List<String>> fields, String name, Stream<String> values) {
    List<String> list = values.toList();
    if (!list.isEmpty()) {
      fields.put(name, list);
    }
  }

  public boolean matches(Layer from, Event event) {
    boolean asked = from != Layer.NOTIFIER || layer.contains(from) || type.contains(event.type());
    return asked && covers(from, event);
  }

  /**
   * The same, but what becomes of faults need not be asked for by layer or type, as it must be
   * where events are followed.
   */
  public boolean covers(Layer from, Event event) {
    return (layer.isEmpty() || layer.contains(from))
        && (type.isEmpty() || type.contains(event.type()))
        && (host.isEmpty() || names(host, event.host()))
        && (fault.isEmpty() || (event.faultId() != null && fault.contains(event.faultId())))
        && (severity == null || Severity.of(event.data()).atLeast(severity))
        && (device.isEmpty()
            || Mentions.blockDevices(event.data()).anyMatch(name -> names(device, name)))
        && (volume.isEmpty()
            || (Mentions.aboveDevices(from)
                && Mentions.blockDevices(event.data()).anyMatch(name -> names(volume, name))))
        && (filesystem.isEmpty() || namesFilesystem(event))
        && (path.isEmpty() || namesPath(event));
  }

  /** Whether one of them is that name, or a pattern that it matches. */
  private static boolean names(Set<String> wanted, String name) {
    if (wanted.contains(name)) {
      return true;
    }
    for (String pattern : wanted) {
      if (isPattern(pattern) && new PathGlob(pattern).matches(name)) {
        return true;
      }
    }
    return false;
  }

  /** No name has these characters. */
  private static boolean isPattern(String value) {
    return value.indexOf('*') >= 0 || value.indexOf('?') >= 0;
  }

  private boolean namesFilesystem(Event event) {
    return Mentions.filesystems(event.data()).stream().anyMatch(name -> names(filesystem, name));
  }

  private boolean namesPath(Event event) {
    List<String> named = Mentions.paths(event.data());
    return path.stream()
        .map(PathGlob::new)
        .anyMatch(glob -> named.stream().anyMatch(glob::matches));
  }
}
