package io.faultline.dm.above;

import io.faultline.runtime.core.Problem;
import org.jspecify.annotations.Nullable;

/** Copies to the legs of a redundant volume what they missed. */
@FunctionalInterface
interface LegCopies {

  /** Devices hold no bytes that anybody reads through a volume yet: only the state is kept. */
  LegCopies NONE = (host, volume) -> null;

  /**
   * @return why it could not be done; null if it is
   */
  @Nullable Problem copy(String host, String volume);
}
