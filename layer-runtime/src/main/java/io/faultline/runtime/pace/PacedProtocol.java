package io.faultline.runtime.pace;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.util.Objects;
import org.apache.coyote.Adapter;
import org.apache.coyote.Processor;
import org.apache.coyote.http11.Http11NioProtocol;
import org.apache.coyote.http11.Http11Processor;
import org.apache.tomcat.util.net.AbstractEndpoint.Handler.SocketState;
import org.apache.tomcat.util.net.SocketWrapperBase;
import org.jspecify.annotations.Nullable;

/**
 * Tomcat's HTTP/1.1, which by itself bounds only the silence between two reads, with a bound on how
 * long a request takes in all. Tomcat makes it by its name.
 */
public final class PacedProtocol extends Http11NioProtocol {

  private final PacedEndpoint endpoint;
  private @Nullable Counter slowHeaders;

  public PacedProtocol() {
    this(new PacedEndpoint());
  }

  private PacedProtocol(PacedEndpoint endpoint) {
    super(endpoint);
    this.endpoint = endpoint;
  }

  /** Must be called before the protocol is started. */
  void setPace(RequestPace limits, MeterRegistry registry) {
    slowHeaders = registry.counter("faultline.requests.slow", "part", "headers");
    Counter bodies = registry.counter("faultline.requests.slow", "part", "body");
    endpoint.setPaces(() -> new ConnectionPace(limits, bodies::increment));
  }

  @Override
  protected Processor createProcessor() {
    return new Paced(
        this, getAdapter(), Objects.requireNonNull(slowHeaders, "setPace was not called"));
  }

  private static final class Paced extends Http11Processor {
    private final PacedProtocol protocol;
    private final Counter slowHeaders;

    Paced(PacedProtocol protocol, Adapter adapter, Counter slowHeaders) {
      super(protocol, adapter);
      this.protocol = protocol;
      this.slowHeaders = slowHeaders;
    }

    /** Called whenever a connection has bytes and no request of it is being answered. */
    @Override
    public SocketState service(SocketWrapperBase<?> socket) throws IOException {
      if (!(socket.getSocket() instanceof PacedEndpoint.Paced channel)) {
        // It was closed meanwhile.
        return super.service(socket);
      }
      ConnectionPace pace = channel.pace();
      pace.readFor(request);
      // The wait for headers may have shortened it.
      socket.setReadTimeout(protocol.getConnectionTimeout());
      int answered = request.getRequestProcessor().getRequestCount();
      SocketState state = super.service(socket);
      boolean inHeaders = state == SocketState.LONG && !isAsync();
      boolean none = answered == request.getRequestProcessor().getRequestCount();
      if (inHeaders) {
        return await(socket, pace);
      }
      if (state != SocketState.OPEN || !none) {
        pace.notBlank();
        return state;
      }
      return pace.isBlankForTooLong(System.nanoTime()) ? ended() : state;
    }

    private SocketState await(SocketWrapperBase<?> socket, ConnectionPace pace) {
      pace.notBlank();
      long leftMillis =
          pace.leftForHeaders(request.getStartTimeNanos(), System.nanoTime()).toMillis();
      if (leftMillis <= 0) {
        return ended();
      }
      long timeoutMillis = socket.getReadTimeout();
      socket.setReadTimeout(timeoutMillis > 0 ? Math.min(timeoutMillis, leftMillis) : leftMillis);
      return SocketState.LONG;
    }

    private SocketState ended() {
      slowHeaders.increment();
      return SocketState.CLOSED;
    }
  }
}
