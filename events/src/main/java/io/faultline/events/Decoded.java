package io.faultline.events;

/** What came out of a Kafka record: an event, or why there is none. */
public sealed interface Decoded {

  record Ok(Event event) implements Decoded {}

  /**
   * @param reason one line for the dead-letter topic and the log, naming the header or field
   */
  record Malformed(String reason) implements Decoded {}
}
