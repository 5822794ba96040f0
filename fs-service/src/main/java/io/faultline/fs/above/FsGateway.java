package io.faultline.fs.above;

import io.faultline.fs.core.FsCommand;
import io.faultline.runtime.Reply;
import org.jspecify.annotations.Nullable;

/** The way to the owner of a host's filesystems. */
@FunctionalInterface
public interface FsGateway {

  /**
   * Sends a command and waits for its answer.
   *
   * @param commandId the same id is answered the same; null if the client chose none
   */
  Reply send(String host, FsCommand command, @Nullable String commandId);
}
