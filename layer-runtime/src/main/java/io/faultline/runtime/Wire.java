package io.faultline.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.EventCodec;
import org.apache.kafka.common.header.Headers;
import org.jspecify.annotations.Nullable;

/** The headers of commands and replies, beside those that Spring Kafka sets. */
final class Wire {

  /** The id under which a command is answered the same for ever. */
  static final String COMMAND_ID = "faultline_commandid";

  /** Present if the client chose the id, so that the answer must be kept. */
  static final String KEEP_ANSWER = "faultline_keepanswer";

  /** Present if the command is a query for every host of the partition. */
  static final String EVERY_HOST = "faultline_everyhost";

  static final String STATUS = "faultline_status";
  static final String CONTENT_TYPE = "content-type";

  /** On a dead letter: why, by which layer, and where it came from. */
  static final String DEAD_REASON = "faultline_reason";

  static final String DEAD_LAYER = "faultline_layer";
  static final String DEAD_SOURCE = "faultline_source";

  private Wire() {}

  static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  static @Nullable String text(Headers headers, String name) {
    return EventCodec.header(headers, name);
  }
}
