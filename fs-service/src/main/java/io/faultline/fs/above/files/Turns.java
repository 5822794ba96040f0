package io.faultline.fs.above.files;

import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.ProblemException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** How many transfers are under way at once: each holds a chunk in memory. */
final class Turns {

  private static final int PATIENCE_SECONDS = 5;

  private final Semaphore free;

  Turns(int transfers) {
    free = new Semaphore(transfers);
  }

  /** A turn that ends when it is closed. */
  interface Turn extends AutoCloseable {
    @Override
    void close();
  }

  /**
   * Waits a little for a turn.
   *
   * @throws ProblemException 503 if there is none
   */
  Turn take() {
    try {
      if (free.tryAcquire(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return free::release;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new ProblemException(
        Problem.unavailable(
            "Too many files are being read and written (faultline.fs.files.transfers);"
                + " nothing was changed"));
  }
}
