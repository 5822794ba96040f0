package io.faultline.runtime;

import io.faultline.runtime.core.LayerCore;
import java.util.List;

/**
 * A layer that is to be hosted.
 *
 * @param layer its name in topics and metrics: {@code dm}, {@code fs}, {@code notifier}
 * @param core its rules
 * @param commands the codec of its commands
 * @param facts the codec of its facts' values; what it writes must be readable for ever
 * @param hears the topics of the layers below that it listens to
 * @param watch sees the states of the hosts that this instance owns
 */
public record LayerDefinition<S, C, F>(
    String layer,
    LayerCore<S, C, F> core,
    SealedCodec<C> commands,
    SealedCodec<F> facts,
    List<String> hears,
    LayerWatch<S> watch) {

  /** A layer whose states nobody watches. */
  public LayerDefinition(
      String layer,
      LayerCore<S, C, F> core,
      SealedCodec<C> commands,
      SealedCodec<F> facts,
      List<String> hears) {
    this(layer, core, commands, facts, hears, LayerWatch.none());
  }
}
