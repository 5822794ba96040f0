package io.faultline.runtime;

/** What the shell itself keeps about a host, beside the core's facts. */
sealed interface ShellFact {

  /** How far the host's own events are numbered. */
  record Numbering(String sliceId, long lastSequence) implements ShellFact {}

  /** The last event heard of a slice; older ones are repeats. */
  record Heard(long sequence) implements ShellFact {}

  /**
   * The answer to a command whose id the client chose.
   *
   * @param order rising per host: the oldest go first
   * @param commandHash of the command's bytes: the same id with another command is refused
   */
  record Answered(
      String commandId, long order, int commandHash, int status, String contentType, byte[] body)
      implements ShellFact {}
}
