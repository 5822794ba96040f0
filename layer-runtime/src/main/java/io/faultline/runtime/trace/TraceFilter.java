package io.faultline.runtime.trace;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Enumeration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.servlet.HandlerMapping;

/**
 * Where a trace begins: every request of the interface has one, its own or the caller's. Behind
 * this filter the request has a {@code traceparent} header, whether it came with one or not.
 */
public final class TraceFilter extends OncePerRequestFilter implements Ordered {

  private static final String INTERFACE = "/v1/";

  private final Spans spans;

  TraceFilter(Spans spans) {
    this.spans = spans;
  }

  /** Before all that logs, refuses or passes on. */
  @Override
  public int getOrder() {
    return HIGHEST_PRECEDENCE + 5;
  }

  @Override
  protected boolean shouldNotFilter(HttpServletRequest request) {
    return !request.getRequestURI().startsWith(INTERFACE);
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String parent = request.getHeader(TraceContext.HEADER);
    try (Spans.Span span = spans.begin(request.getMethod(), Spans.Kind.SERVER, parent)) {
      TraceContext context =
          Objects.requireNonNull(TraceContext.parse(span.traceparent()), "a server span has one");
      try (LogContext _ = LogContext.of(context.traceparent(), null)) {
        answer(context, new Traced(request, context.traceparent()), response, chain);
      } finally {
        describe(span, request, response);
      }
    }
  }

  private static void answer(
      TraceContext context,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws ServletException, IOException {
    try {
      ScopedValue.where(TraceContext.CURRENT, context)
          .call(
              () -> {
                chain.doFilter(request, response);
                return context;
              });
    } catch (ServletException | IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new ServletException(e);
    }
  }

  private static void describe(
      Spans.Span span, HttpServletRequest request, HttpServletResponse response) {
    span.attribute("http.request.method", request.getMethod());
    // The pattern and not the path: names of devices make no names of operations.
    @Nullable Object route = request.getAttribute(HandlerMapping.BEST_MATCHING_PATTERN_ATTRIBUTE);
    span.attribute("http.route", route == null ? null : route.toString());
    span.attribute("url.path", request.getRequestURI());
    span.attribute("http.response.status_code", Integer.toString(response.getStatus()));
    if (response.getStatus() >= 500) {
      span.failed("answered " + response.getStatus());
    }
  }

  private static final class Traced extends HttpServletRequestWrapper {
    private final String traceparent;

    Traced(HttpServletRequest request, String traceparent) {
      super(request);
      this.traceparent = traceparent;
    }

    @Override
    public @Nullable String getHeader(String name) {
      return name.equalsIgnoreCase(TraceContext.HEADER) ? traceparent : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
      return name.equalsIgnoreCase(TraceContext.HEADER)
          ? Collections.enumeration(Set.of(traceparent))
          : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
      Set<String> names = new LinkedHashSet<>(Collections.list(super.getHeaderNames()));
      names.removeIf(name -> name.equalsIgnoreCase(TraceContext.HEADER));
      names.add(TraceContext.HEADER);
      return Collections.enumeration(names);
    }
  }
}
