package io.faultline.runtime;

/**
 * Sees the states of the hosts that this instance owns, on the thread that owns them: for work
 * outside the core that a state asks for, which belongs to the owner and ends with its ownership.
 * What is seen may still be undone; work therefore goes on by commands only.
 *
 * @param <S> the layer's state
 */
public interface LayerWatch<S> {

  /** A host is as it is now: after an input, and once when this instance becomes its owner. */
  void settled(String host, S state);

  /** This instance does not own the host any more. */
  void gone(String host);

  /** Sees nothing. */
  static <S> LayerWatch<S> none() {
    return new LayerWatch<>() {
      @Override
      public void settled(String host, S state) {}

      @Override
      public void gone(String host) {}
    };
  }
}
