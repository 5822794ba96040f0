package io.faultline.runtime.trace;

import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * What every line of the log says while it is open: {@code traceId} and {@code faultId}. Structured
 * logs have them as members of their own.
 */
public final class LogContext implements AutoCloseable {

  /** Of the trace. */
  public static final String TRACE_ID = "traceId";

  /** Of the fault. */
  public static final String FAULT_ID = "faultId";

  private LogContext() {}

  /** Holds for this thread until it is closed. */
  public static LogContext of(@Nullable String traceparent, @Nullable String faultId) {
    TraceContext context = TraceContext.parse(traceparent);
    if (context != null) {
      MDC.put(TRACE_ID, context.traceId());
    }
    if (faultId != null) {
      MDC.put(FAULT_ID, faultId);
    }
    return new LogContext();
  }

  @Override
  public void close() {
    MDC.remove(TRACE_ID);
    MDC.remove(FAULT_ID);
  }
}
