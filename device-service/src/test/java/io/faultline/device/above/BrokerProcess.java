package io.faultline.device.above;

import io.faultline.runtime.testing.EmbeddedBroker;

/** A broker in a process of its own, so that it can be stopped in the middle of everything. */
final class BrokerProcess {

  private BrokerProcess() {}

  /** Says where it is, and ends when its input does. */
  public static void main(String[] args) throws Exception {
    try (EmbeddedBroker broker = EmbeddedBroker.start()) {
      System.out.println(ChildProcess.READY + broker.bootstrapServers());
      while (System.in.read() >= 0) {
        // Only the end of the input matters.
      }
    }
    System.exit(0);
  }
}
