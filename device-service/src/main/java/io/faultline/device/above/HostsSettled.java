package io.faultline.device.above;

import org.springframework.context.SmartLifecycle;

/**
 * Once the HTTP interface listens, other instances are told where. Acknowledgements are heard after
 * that: only then it is known for whose hosts.
 */
public final class HostsSettled implements SmartLifecycle {

  /** After the web server, which listens 2,048 below the default. */
  static final int PHASE = DEFAULT_PHASE - 100;

  private final Ownership ownership;
  private final Publisher publisher;
  private volatile boolean running;

  public HostsSettled(Ownership ownership, Publisher publisher) {
    this.ownership = ownership;
    this.publisher = publisher;
  }

  @Override
  public void start() {
    ownership.settle();
    publisher.publishAllStates();
    running = true;
  }

  @Override
  public void stop() {
    running = false;
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}
