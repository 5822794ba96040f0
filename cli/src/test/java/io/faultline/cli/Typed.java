package io.faultline.cli;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * What became of a command that was typed.
 *
 * @param out what it printed
 * @param err what it complained of
 */
record Typed(int exitCode, String out, String err) {

  /** Types it where nothing is set in the environment but what is given. */
  static Typed command(Map<String, String> environment, String... arguments) {
    return commandReading("", environment, arguments);
  }

  static Typed commandReading(String in, Map<String, String> environment, String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Faultline.run(
            arguments,
            new HashMap<>(environment),
            new ByteArrayInputStream(in.getBytes(StandardCharsets.UTF_8)),
            new PrintWriter(out),
            new PrintWriter(err));
    return new Typed(code, out.toString(), err.toString());
  }
}
