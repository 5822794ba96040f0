package io.faultline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The stream is followed, and taken up where it broke off. */
class WatchTest {

  private static final Map<String, String> STREAM = Map.of("Content-Type", "text/event-stream");

  private final FakeService service = new FakeService();

  @AfterEach
  void close() {
    service.close();
  }

  private Typed watch(String... arguments) {
    List<String> all = new ArrayList<>(List.of("watch", "--url=" + service.url()));
    all.addAll(List.of(arguments));
    return Typed.command(Map.of(), all.toArray(String[]::new));
  }

  private static String event(String id, String type) {
    return "id: %s\nevent: io.faultline.%s\ndata: {\"type\":\"io.faultline.%s\"}\n\n"
        .formatted(id, type, type);
  }

  @Test
  void aStreamThatEndsIsTakenUpBehindTheLastWholeEvent() {
    service
        .answers(200, STREAM, ": heartbeat\n\n" + event("a1", "device_added") + "id: a2\ndata: {")
        .answers(200, STREAM, event("a2", "corrupted_range"));

    Typed typed = watch("--count=2", "-o", "json", "--from=beginning", "--filter=host=h 1");

    assertThat(typed.out().lines())
        .containsExactly(
            "{\"type\":\"io.faultline.device_added\"}",
            "{\"type\":\"io.faultline.corrupted_range\"}");
    assertThat(service.asked().stream().map(FakeService.Asked::target))
        .containsOnly("/v1/events?from=beginning&host=h%201");
    assertThat(service.asked().getFirst().headers()).doesNotContainKey("Last-Event-ID");
    assertThat(service.asked().getLast().headers()).containsEntry("Last-Event-ID", "a1");
  }

  @Test
  void aRefusalAtTheBeginningEndsIt() {
    service.answers(400, "{\"title\":\"Malformed\",\"detail\":\"no field colour\"}");
    Typed typed = watch("--filter=colour=red");
    assertThat(typed.exitCode()).isEqualTo(ExitCode.USAGE.number());
    assertThat(typed.err()).contains("no field colour");
  }

  @Test
  void anEventIsALineForAPerson() {
    service.answers(
        200,
        STREAM,
        """
        event: io.faultline.corrupted_range
        data: {"type":"io.faultline.corrupted_range","time":"2026-12-01T00:00:00Z",
        data: "source":"/hosts/local/devices/pmem0","faultid":"local:F",
        data: "data":{"ranges":[1024,24],"whole":false,"cause":"media_error"}}

        """);
    assertThat(watch("--count=1").out().strip())
        .isEqualTo(
            "2026-12-01T00:00:00Z corrupted_range /hosts/local/devices/pmem0 ranges=1024+24"
                + " cause=media_error fault=local:F");
  }

  @Test
  void aLostPointIsTold() {
    service.answers(200, STREAM, "event: resync\ndata: {}\n\n");
    assertThat(watch("--count=1").out()).contains("resync: events");
  }

  @Test
  void fieldsAreReadAsTheSpecificationSays() throws IOException {
    String text = "data:a\ndata\ndata:  b\nunknown: x\n\nid: 1\n\nevent: e\ndata: c\n\ndata: cut";
    try (ServerSentEvents events =
        new ServerSentEvents(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)))) {
      assertThat(events.next()).isEqualTo(new ServerSentEvents.Event(null, "message", "a\n\n b"));
      assertThat(events.next()).isEqualTo(new ServerSentEvents.Event("1", "e", "c"));
      assertThat(events.next()).isNull();
    }
  }
}
