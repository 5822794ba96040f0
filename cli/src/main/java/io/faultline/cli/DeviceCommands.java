package io.faultline.cli;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Devices come, are looked at, searched, leave and come back. */
final class DeviceCommands {

  private static final List<Column> DEVICE =
      List.of(
          Column.text("NAME", "name"),
          Column.text("KIND", "kind"),
          Column.bytes("SIZE", "sizeBytes"),
          Column.number("SECTORS", "sectors"),
          Column.text("STATE", "state"),
          Column.number("BAD", "badSectors"),
          Column.number("GENERATION", "generation"),
          Column.text("CLAIMS", "claims"));

  private static final List<Column> REMOVAL =
      List.of(
          Column.text("REMOVAL", "removalId"),
          Column.text("FAULT", "faultId"),
          Column.text("MODE", "mode"),
          Column.text("STATE", "state"),
          Column.text("END", "end"),
          Column.text("ACKNOWLEDGED", "acknowledged"),
          Column.text("DEADLINE", "deadline"),
          Column.text("UNANSWERED", "unanswered"));

  private static final Duration LOOK_AGAIN = Duration.ofMillis(200);

  private DeviceCommands() {}

  @Command(
      name = "hosts",
      mixinStandardHelpOptions = true,
      description = "Hosts, and the instance that has the devices of each.")
  static final class Hosts extends RemoteCommand {
    @Override
    void run(Api api, Printer out) {
      out.list(
          api.list("/v1/hosts", Listed.MANY),
          List.of(
              Column.text("HOST", "host"),
              Column.text("INSTANCE", "instance"),
              Column.text("SLICE", "sliceId")),
          "no hosts yet: faultline create makes the first device of one");
    }
  }

  @Command(
      name = "devices",
      mixinStandardHelpOptions = true,
      description = "Devices of a host, or one of them with what is bad on it.")
  static final class Devices extends Listed {

    @Parameters(arity = "0..1", paramLabel = "DEVICE", description = "only this one")
    @Nullable String device;

    @Override
    void run(Api api, Printer out) {
      if (device == null) {
        out.list(api.list(api.ofHost("devices"), limit), DEVICE, "no devices");
        return;
      }
      JsonNode found = api.get(api.ofHost("devices", device));
      if (out.json(found)) {
        return;
      }
      out.members(found, DEVICE);
      JsonNode removal = found.path("removal");
      if (removal.isObject()) {
        out.members(removal, REMOVAL);
      }
      JsonNode faults = api.get(api.ofHost("devices", device, "faults") + "?limit=100");
      out.line("");
      out.table(
          faults.path("items"),
          List.of(
              Column.text("FAULT", "faultId"),
              Column.text("CAUSE", "cause"),
              Column.text("SINCE", "since"),
              Column.ranges("RANGES", "ranges")),
          "no open faults");
    }
  }

  @Command(name = "create", mixinStandardHelpOptions = true, description = "A new emulated device.")
  static final class Create extends RemoteCommand {

    @Parameters(paramLabel = "DEVICE", description = "its name")
    String device = "";

    @Option(
        names = "--size",
        required = true,
        paramLabel = "BYTES",
        converter = Sizes.Converter.class,
        description = "how large, as in 256M")
    long sizeBytes;

    @Option(
        names = "--kind",
        defaultValue = "pmem",
        paramLabel = "KIND",
        description = "pmem, nvme, scsi, ata or cxl (default ${DEFAULT-VALUE})")
    String kind = "pmem";

    @Override
    void run(Api api, Printer out) {
      ObjectNode body = Printer.JSON.createObjectNode().put("kind", kind);
      JsonNode made = api.put(api.ofHost("devices", device), body.put("sizeBytes", sizeBytes));
      if (!out.json(made)) {
        out.table(List.of(made), DEVICE, "");
      }
    }
  }

  @Command(
      name = "scrub",
      mixinStandardHelpOptions = true,
      description = "Searches a device for latent poison; what is found is told.")
  static final class Scrub extends RemoteCommand {

    @Parameters(paramLabel = "DEVICE", description = "where")
    String device = "";

    @Option(names = "--wait", description = "until it has ended")
    boolean isWaited;

    @Override
    void run(Api api, Printer out) {
      JsonNode scrub = api.post(api.ofHost("devices", device, "scrub"), null);
      while (isWaited && scrub.path("state").asString("").equals("running")) {
        Api.sleep(LOOK_AGAIN);
        scrub = api.get(api.ofHost("devices", device, "scrub"));
      }
      if (!out.json(scrub)) {
        out.line(
            "scrub of %s %s: %d of %d sectors read, %d found bad"
                .formatted(
                    device,
                    Shown.value(scrub.path("state")),
                    scrub.path("scrubbedSectors").asLong(0),
                    scrub.path("sectors").asLong(0),
                    scrub.path("foundSectors").asLong(0)));
      }
    }
  }

  @Command(
      name = "unplug",
      mixinStandardHelpOptions = true,
      description = "Takes devices away; several leave as one removal.")
  static final class Unplug extends RemoteCommand {

    @Parameters(arity = "1..*", paramLabel = "DEVICE", description = "which")
    List<String> devices = List.of();

    @Option(
        names = "--mode",
        defaultValue = "planned",
        paramLabel = "MODE",
        description =
            "planned announces it and waits for those above; surprise pulls it; orderly refuses"
                + " while somebody stands on it (default ${DEFAULT-VALUE})")
    String mode = "planned";

    @Option(
        names = "--deadline",
        paramLabel = "SECONDS",
        description = "how long a planned removal waits (default 30)")
    @Nullable Integer deadlineSeconds;

    @Option(names = "--wait", description = "until they are gone")
    boolean isWaited;

    @Override
    void run(Api api, Printer out) {
      ObjectNode body = Printer.JSON.createObjectNode().put("mode", mode.toLowerCase(Locale.ROOT));
      if (deadlineSeconds != null) {
        body.put("deadline", Duration.ofSeconds(deadlineSeconds).toString());
      }
      JsonNode answer;
      if (devices.size() == 1) {
        answer = api.post(api.ofHost("devices", devices.getFirst(), "unplug"), body);
      } else {
        devices.forEach(body.putArray("devices")::add);
        answer = api.post(api.ofHost("unplug"), body);
      }
      if (!isWaited) {
        if (!out.json(answer)) {
          out.line("removal " + Shown.value(answer.path("removalId")));
        }
        return;
      }
      for (String device : devices) {
        JsonNode removal = awaitGone(api, device);
        if (!out.json(removal)) {
          out.line(device);
          out.members(removal, REMOVAL);
        }
      }
    }

    private static JsonNode awaitGone(Api api, String device) {
      while (true) {
        JsonNode removal = api.get(api.ofHost("devices", device, "removal"));
        if (!removal.path("state").asString("").equals("announced")) {
          return removal;
        }
        Api.sleep(LOOK_AGAIN);
      }
    }
  }

  @Command(
      name = "plug",
      mixinStandardHelpOptions = true,
      description = "Brings a removed device back, with the poison and the data that it had.")
  static final class Plug extends RemoteCommand {

    @Parameters(paramLabel = "DEVICE", description = "which")
    String device = "";

    @Override
    void run(Api api, Printer out) {
      JsonNode plugged = api.post(api.ofHost("devices", device, "plug"), null);
      if (!out.json(plugged)) {
        out.table(List.of(api.get(api.ofHost("devices", device))), DEVICE, "");
      }
    }
  }
}
