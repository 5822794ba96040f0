package io.faultline.runtime.trace;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Contexts are read, made, passed on, and exported where there is an endpoint. */
class SpansTest {

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "00-" + TRACE + "-b7ad6b7169203331-01";

  @Test
  void aTraceparentIsReadAndWrittenTheSame() {
    assertThat(TraceContext.parse(PARENT))
        .isEqualTo(new TraceContext(TRACE, "b7ad6b7169203331", true))
        .extracting(TraceContext::traceparent)
        .isEqualTo(PARENT);
  }

  @ParameterizedTest
  @NullAndEmptySource
  @ValueSource(
      strings = {
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "x\r\ny"
      })
  void whatIsNoTraceparentIsNotTakenForOne(String text) {
    assertThat(TraceContext.parse(text)).isNull();
  }

  @Test
  void withoutExportARequestBeginsATraceAndAllElsePassesItOn() {
    try (Spans spans = Spans.unexported();
        Spans.Span first = spans.begin("GET", Spans.Kind.SERVER, "nonsense");
        Spans.Span next = spans.begin("dm", Spans.Kind.CONSUMER, first.traceparent());
        Spans.Span ofNone = spans.begin("dm", Spans.Kind.CONSUMER, null)) {
      TraceContext begun = TraceContext.parse(first.traceparent());
      assertThat(begun).isNotNull();
      assertThat(begun.isSampled()).isFalse();
      assertThat(next.traceparent()).isEqualTo(first.traceparent());
      assertThat(ofNone.traceparent()).isNull();
    }
  }

  @Test
  void aCollectorGetsTheSpansOfOneTraceAndTheHeadersThatItWants()
      throws IOException, InterruptedException {
    LinkedBlockingQueue<String> bodies = new LinkedBlockingQueue<>();
    List<String> keys = new CopyOnWriteArrayList<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          try (exchange) {
            keys.add(exchange.getRequestHeaders().getFirst("x-key"));
            bodies.add(new String(exchange.getRequestBody().readAllBytes(), ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
          }
        });
    collector.start();
    try {
      String endpoint = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
      TracingProperties properties = new TracingProperties(endpoint, 1, "", Duration.ofSeconds(10));
      String layer;
      try (Spans spans = new OtlpSpans(properties, "dm-service", Map.of("x-key", "k1"))) {
        try (Spans.Span span = spans.begin("dm corrupted_range", Spans.Kind.CONSUMER, PARENT)) {
          span.attribute("faultline.fault.id", "local:F1");
          span.failed("for the test");
          layer = span.traceparent();
        }
      }
      assertThat(TraceContext.parse(layer))
          .isNotNull()
          .satisfies(
              context -> {
                assertThat(context.traceId()).isEqualTo(TRACE);
                assertThat(context.spanId()).isNotEqualTo("b7ad6b7169203331");
              });
      assertThat(bodies.poll(60, TimeUnit.SECONDS))
          .contains("dm corrupted_range", "local:F1", "dm-service");
      assertThat(keys).containsExactly("k1");
    } finally {
      collector.stop(0);
    }
  }

  @Test
  void aRatioThatIsNoneIsRefused() {
    assertThatThrownBy(() -> new TracingProperties("", Double.NaN, "", Duration.ofSeconds(1)))
        .hasMessageContaining("faultline.tracing.ratio is from 0 to 1");
  }
}
