package io.faultline.runtime.trace;

import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporterBuilder;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sends spans to an OpenTelemetry collector, in batches and in the background: a collector that is
 * slow or away costs spans, never work.
 */
final class OtlpSpans implements Spans {

  private static final long STOP_SECONDS = 2;

  private final SdkTracerProvider provider;
  private final Tracer tracer;

  /**
   * @param service its name in the traces
   * @param headers sent with every batch
   */
  OtlpSpans(TracingProperties properties, String service, Map<String, String> headers) {
    OtlpHttpSpanExporterBuilder exporter =
        OtlpHttpSpanExporter.builder()
            .setEndpoint(properties.endpoint())
            .setTimeout(properties.timeout());
    headers.forEach(exporter::addHeader);
    provider =
        SdkTracerProvider.builder()
            .setResource(
                Resource.getDefault()
                    .merge(Resource.builder().put("service.name", service).build()))
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(properties.ratio())))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter.build()).build())
            .build();
    tracer = provider.get("io.faultline");
  }

  @Override
  public Span begin(String name, Kind kind, @Nullable String parent) {
    TraceContext known = TraceContext.parse(parent);
    if (known == null && kind != Kind.SERVER) {
      return UnexportedSpans.INSTANCE.begin(name, kind, parent);
    }
    SpanBuilder builder = tracer.spanBuilder(name).setSpanKind(spanKind(kind));
    if (known == null) {
      builder.setNoParent();
    } else {
      builder.setParent(Context.root().with(io.opentelemetry.api.trace.Span.wrap(remote(known))));
    }
    return new Exported(builder.startSpan());
  }

  private static SpanContext remote(TraceContext known) {
    return SpanContext.createFromRemoteParent(
        known.traceId(),
        known.spanId(),
        known.isSampled() ? TraceFlags.getSampled() : TraceFlags.getDefault(),
        TraceState.getDefault());
  }

  private static SpanKind spanKind(Kind kind) {
    return switch (kind) {
      case SERVER -> SpanKind.SERVER;
      case CONSUMER -> SpanKind.CONSUMER;
      case CLIENT -> SpanKind.CLIENT;
    };
  }

  @Override
  public void close() {
    provider.shutdown().join(STOP_SECONDS, TimeUnit.SECONDS);
  }

  private record Exported(io.opentelemetry.api.trace.Span span) implements Span {

    @Override
    public String traceparent() {
      SpanContext context = span.getSpanContext();
      return new TraceContext(context.getTraceId(), context.getSpanId(), context.isSampled())
          .traceparent();
    }

    @Override
    public void attribute(String name, @Nullable String value) {
      if (value != null) {
        span.setAttribute(name, value);
      }
    }

    @Override
    public void failed(String reason) {
      span.setStatus(StatusCode.ERROR, reason);
    }

    @Override
    public void close() {
      span.end();
    }
  }
}
