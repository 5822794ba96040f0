package io.faultline.device.above;

import io.faultline.device.core.BadBlocksReport;
import io.faultline.events.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.core.util.Separators.Spacing;

/** Bytes for a report, laid out as the tool that it comes from does. */
final class ReportPrinter {

  private ReportPrinter() {}

  static byte[] print(BadBlocksReport.Printing printing, Object body) {
    return switch (printing) {
      case TEXT -> String.valueOf(body).getBytes(StandardCharsets.US_ASCII);
      case JSON_C -> json(body, "  ", Spacing.NONE);
      case JSON_TWO_SPACES -> json(body, "  ", Spacing.AFTER);
      case JSON_FOUR_SPACES -> json(body, "    ", Spacing.AFTER);
    };
  }

  private static byte[] json(Object body, String indent, Spacing afterName) {
    Separators separators =
        Separators.createDefaultInstance()
            .withRootSeparator("")
            .withObjectNameValueSpacing(afterName)
            .withArrayEmptySeparator("")
            .withObjectEmptySeparator("");
    DefaultIndenter lines = new DefaultIndenter(indent, "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter(separators).withObjectIndenter(lines).withArrayIndenter(lines);
    byte[] printed = Json.LENIENT.writer().with(printer).writeValueAsBytes(body);
    byte[] line = Arrays.copyOf(printed, printed.length + 1);
    line[printed.length] = '\n';
    return line;
  }
}
