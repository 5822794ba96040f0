package io.faultline.runtime.pace;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.Objects;
import java.util.function.Supplier;
import org.apache.tomcat.util.net.NioChannel;
import org.apache.tomcat.util.net.NioEndpoint;
import org.apache.tomcat.util.net.SecureNioChannel;
import org.apache.tomcat.util.net.SocketBufferHandler;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's endpoint with channels that measure what comes out of them. That is where all of a body
 * passes: what a controller reads, and what Tomcat swallows of it after an answer.
 */
final class PacedEndpoint extends NioEndpoint {

  private @Nullable Supplier<ConnectionPace> paces;

  void setPaces(Supplier<ConnectionPace> paces) {
    this.paces = paces;
  }

  @Override
  protected NioChannel createChannel(SocketBufferHandler buffer) {
    ConnectionPace pace = Objects.requireNonNull(paces, "made before the first connection").get();
    return isSSLEnabled() ? new Secured(buffer, this, pace) : new Plain(buffer, pace);
  }

  /** A channel that is measured. */
  interface Paced {
    ConnectionPace pace();
  }

  private static final class Plain extends NioChannel implements Paced {
    private final ConnectionPace pace;

    Plain(SocketBufferHandler buffer, ConnectionPace pace) {
      super(buffer);
      this.pace = pace;
    }

    @Override
    public ConnectionPace pace() {
      return pace;
    }

    @Override
    public void reset(SocketChannel channel, NioSocketWrapper wrapper) throws IOException {
      pace.reset();
      super.reset(channel, wrapper);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      int count = super.read(into);
      pace.read(count, System.nanoTime());
      return count;
    }
  }

  /** Counts what was decrypted; the handshake is ended by the connection's time-out. */
  private static final class Secured extends SecureNioChannel implements Paced {
    private final ConnectionPace pace;

    Secured(SocketBufferHandler buffer, NioEndpoint endpoint, ConnectionPace pace) {
      super(buffer, endpoint);
      this.pace = pace;
    }

    @Override
    public ConnectionPace pace() {
      return pace;
    }

    @Override
    public void reset(SocketChannel channel, NioSocketWrapper wrapper) throws IOException {
      pace.reset();
      super.reset(channel, wrapper);
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
      int count = super.read(into);
      pace.read(count, System.nanoTime());
      return count;
    }
  }
}
