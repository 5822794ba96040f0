package io.faultline.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** Follows the event stream. A stream that breaks off is taken up where it ended. */
@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    description = {
      "Follows the event stream; with -o json an event is a line.",
      "A stream that breaks off is taken up where it ended."
    })
final class WatchCommand extends RemoteCommand {

  /** A stream is silent for 15 s at most: then it says that it is alive. */
  private static final Duration SILENCE = Duration.ofSeconds(60);

  private static final Duration FIRST_PAUSE = Duration.ofMillis(250);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  @Option(
      names = "--from",
      defaultValue = "now",
      paramLabel = "WHEN",
      description = "beginning, now, a time or the id of an event (default ${DEFAULT-VALUE})")
  String from = "now";

  @Option(
      names = "--filter",
      paramLabel = "FIELD=VALUE",
      description =
          "only these: layer, type, host, device, volume, filesystem, path, severity, fault;"
              + " may be repeated")
  Map<String, String> filter = new LinkedHashMap<>();

  @Option(names = "--count", paramLabel = "N", description = "end after so many events")
  @Nullable Long count;

  private long shown;
  private @Nullable String lastId;

  @Override
  void run(Api api, Printer out) {
    Duration pause = FIRST_PAUSE;
    boolean wasOpen = false;
    while (true) {
      try {
        InputStream body = api.stream(path(), lastId);
        wasOpen = true;
        pause = FIRST_PAUSE;
        if (follow(body, out)) {
          return;
        }
        out.say("… the stream ended; taking it up again");
      } catch (IOException e) {
        out.say("… the stream broke off; taking it up again");
      } catch (Failure refused) {
        if (!wasOpen || refused.exitCode() != ExitCode.UNAVAILABLE) {
          throw refused;
        }
      }
      Api.sleep(pause);
      Duration twice = pause.multipliedBy(2);
      pause = twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }
  }

  private String path() {
    List<String> query = new ArrayList<>();
    query.add("from=" + Api.encoded(from));
    filter.forEach((field, value) -> query.add(Api.encoded(field) + "=" + Api.encoded(value)));
    return "/v1/events?" + String.join("&", query);
  }

  /** Shows what comes; tells whether that was all that is wanted. */
  private boolean follow(InputStream body, Printer out) throws IOException {
    try (ServerSentEvents events = new ServerSentEvents(body)) {
      Thread guard = Thread.ofVirtual().start(() -> closeWhenSilent(events, body));
      try {
        for (ServerSentEvents.Event event = events.next(); event != null; event = events.next()) {
          lastId = event.id();
          show(event, out);
          shown++;
          if ((count != null && shown >= count) || out.isClosed()) {
            return true;
          }
        }
      } finally {
        guard.interrupt();
      }
    }
    return false;
  }

  private static void closeWhenSilent(ServerSentEvents events, InputStream body) {
    try {
      while (events.silentNanos() < SILENCE.toNanos()) {
        Thread.sleep(SILENCE.minusNanos(Math.min(events.silentNanos(), SILENCE.toNanos())));
      }
      body.close();
    } catch (InterruptedException | IOException e) {
      // The stream has ended by itself.
    }
  }

  private static void show(ServerSentEvents.Event event, Printer out) {
    JsonNode whole = Printer.JSON.readTree(event.data());
    if (out.isJson()) {
      out.jsonLine(whole);
    } else if (event.type().equals("resync")) {
      out.line("resync: events between the last one and the next are gone");
    } else {
      out.line(EventLine.of(whole));
    }
  }
}
