package io.faultline.notifier.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.events.Event;
import io.faultline.events.FaultEvent.Fault;
import io.faultline.events.FaultEvent.FaultOpened;
import io.faultline.notifier.Told;
import io.faultline.notifier.core.EventFilter.Parsed;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EventFilterTest {

  private final Told told = new Told("h1");
  private final Event device = told.corrupted("pmem0", told.faultId(1), 8, 8);
  private final Event volume = told.volumeCorrupted("vol0", told.faultId(1), "pmem0", 16, 8);
  private final Event file = told.fileLost("data", told.faultId(1), 144, "/db/a.wal", 8192);
  private final Event added = told.added("pmem1", 1024);
  private final List<Event> all = List.of(device, volume, file, added);

  @Test
  void withoutFieldsEverythingPasses() {
    assertThat(passing(Map.of())).isEqualTo(all);
  }

  @Test
  void everyFieldLetsThroughWhatItNames() {
    assertThat(passing("layer", "dm")).containsExactly(volume);
    assertThat(passing("layer", "device", "fs")).containsExactly(device, file, added);
    assertThat(passing("type", "corrupted_range")).containsExactly(device, volume);
    assertThat(passing("type", "io.faultline.file_range_lost")).containsExactly(file);
    assertThat(passing("host", "h1")).isEqualTo(all);
    assertThat(passing("host", "h2")).isEmpty();
    assertThat(passing("device", "pmem0")).containsExactly(device, volume);
    assertThat(passing("device", "vol0")).containsExactly(volume, file);
    assertThat(passing("volume", "vol0")).containsExactly(volume, file);
    assertThat(passing("volume", "pmem1")).isEmpty();
    assertThat(passing("filesystem", "data")).containsExactly(file);
    assertThat(passing("path", "/db/*")).containsExactly(file);
    assertThat(passing("path", "/other/*", "/db/*.wal")).containsExactly(file);
    assertThat(passing("fault", told.faultId(1))).containsExactly(device, volume, file);
    assertThat(passing("severity", "info")).isEqualTo(all);
    assertThat(passing("severity", "error")).containsExactly(device, volume, file);
    assertThat(passing("severity", "critical")).isEmpty();
  }

  @Test
  void namesMayBePatterns() {
    assertThat(passing("device", "pmem*")).containsExactly(device, volume, added);
    assertThat(passing("device", "p?em0")).containsExactly(device, volume);
    assertThat(passing("host", "*")).isEqualTo(all);
    assertThat(passing("filesystem", "d*", "x")).containsExactly(file);
    assertThat(passing("volume", "*9")).isEmpty();
    assertThat(refusal("device", "P*")).contains("'P*'").contains("pattern");
  }

  @Test
  void whatBecomesOfFaultsIsOnlyForThoseWhoAskForIt() {
    Event opened =
        told.event(
            "/faults",
            told.faultId(1),
            new FaultOpened(
                told.host,
                new Fault(
                    "open",
                    "error",
                    null,
                    Instant.EPOCH,
                    List.of("pmem0"),
                    List.of(),
                    List.of("data"),
                    List.of(),
                    8,
                    0),
                List.of()));

    assertThat(EventFilter.ALL.matches(Layer.NOTIFIER, opened)).isFalse();
    assertThat(parse(Map.of("device", List.of("pmem0"))).matches(Layer.NOTIFIER, opened)).isFalse();
    assertThat(EventFilter.ALL.covers(Layer.NOTIFIER, opened)).isTrue();
    assertThat(parse(Map.of("layer", List.of("notifier"))).matches(Layer.NOTIFIER, opened))
        .isTrue();
    assertThat(
            parse(Map.of("type", List.of("fault_opened"), "filesystem", List.of("data")))
                .matches(Layer.NOTIFIER, opened))
        .isTrue();
  }

  @Test
  void fieldsNarrowEachOther() {
    assertThat(passing(Map.of("device", List.of("pmem0"), "layer", List.of("dm"))))
        .containsExactly(volume);
  }

  @Test
  void aFilterIsTheSameAfterItWasWrittenDown() {
    Map<String, List<String>> fields =
        Map.of(
            "layer", List.of("fs", "dm"),
            "type", List.of("file_range_lost"),
            "path", List.of("/a/**", "/b,c"),
            "severity", List.of("warning"));

    EventFilter filter = parse(fields);

    assertThat(parse(filter.toFields())).isEqualTo(filter);
    assertThat(parse(Map.of()).toFields()).isEmpty();
    assertThat(parse(Map.of())).isEqualTo(EventFilter.ALL);
  }

  @Test
  void whatIsNoFilterIsNamed() {
    assertThat(refusal("colour", "red")).contains("'colour'").contains("severity");
    assertThat(refusal("layer", "nvme")).contains("'nvme'").contains("device, dm, fs");
    assertThat(refusal("type", "corrupted")).contains("'corrupted'").contains("corrupted_range");
    assertThat(refusal("severity", "ERROR")).contains("'ERROR'").contains("critical");
    assertThat(refusal("host", "No Name")).contains("'No Name'");
    assertThat(refusal("device", "")).contains("''");
    assertThat(refusal("path", "")).contains("''");
    assertThat(refusal("path", "x".repeat(2000))).hasSizeLessThan(300);
    assertThat(EventFilter.parse(Map.of("host", Collections.nCopies(65, "a"))))
        .isInstanceOf(Parsed.Refused.class);
    assertThat(EventFilter.parse(Map.of("host", List.of()))).isInstanceOf(Parsed.Refused.class);
  }

  private List<Event> passing(String field, String... values) {
    return passing(Map.of(field, List.of(values)));
  }

  private List<Event> passing(Map<String, List<String>> fields) {
    EventFilter filter = parse(fields);
    return all.stream().filter(event -> filter.matches(Layer.of(event), event)).toList();
  }

  private static EventFilter parse(Map<String, List<String>> fields) {
    return ((Parsed.Ok) EventFilter.parse(fields)).filter();
  }

  private static String refusal(String field, String value) {
    return ((Parsed.Refused) EventFilter.parse(Map.of(field, List.of(value)))).detail();
  }
}
