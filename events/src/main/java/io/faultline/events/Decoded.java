package io.faultline.events;

/** What came out of a Kafka record: an event, or why there is none. */
public sealed interface Decoded {

  /** The record was well formed. */
  record Ok(Event event) implements Decoded {}

  /**
   * The record is none that we know.
   *
   * @param reason one line for the dead-letter topic and the log, naming the header or field
   */
  record Malformed(String reason) implements Decoded {}
}
