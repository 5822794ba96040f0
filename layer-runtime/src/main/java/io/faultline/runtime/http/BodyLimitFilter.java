package io.faultline.runtime.http;

import io.faultline.runtime.Problems;
import io.faultline.runtime.core.Problem;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ReadListener;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import jakarta.servlet.http.HttpServletResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.springframework.core.Ordered;
import org.springframework.http.server.PathContainer;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * Refuses bodies that are too large: by their announced length at once, else while they are read.
 */
public final class BodyLimitFilter extends OncePerRequestFilter implements Ordered {

  /** Where no {@link BodyLimit} says otherwise. */
  public static final long DEFAULT_BYTES = 1024 * 1024;

  private record Rule(String method, PathPattern pattern, long maxBytes) {}

  private final List<Rule> rules;

  public BodyLimitFilter(List<BodyLimit> limits) {
    PathPatternParser parser = new PathPatternParser();
    this.rules =
        limits.stream()
            .map(
                limit ->
                    new Rule(limit.method(), parser.parse(limit.pathPattern()), limit.maxBytes()))
            .toList();
  }

  /** Before every filter that reads a body. */
  @Override
  public int getOrder() {
    return LOWEST_PRECEDENCE - 100;
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    long limitBytes = limitBytes(request);
    if (request.getContentLengthLong() > limitBytes) {
      refuse(response, tooLarge(limitBytes));
      return;
    }
    try {
      chain.doFilter(new LimitedRequest(request, limitBytes), response);
    } catch (BodyTooLargeException e) {
      // A filter further in read the body, so no controller's advice was there to answer.
      if (response.isCommitted()) {
        throw e;
      }
      refuse(response, tooLarge(e.limitBytes()));
    }
  }

  private long limitBytes(HttpServletRequest request) {
    PathContainer path = PathContainer.parsePath(request.getRequestURI());
    for (Rule rule : rules) {
      if (rule.method().equals(request.getMethod()) && rule.pattern().matches(path)) {
        return rule.maxBytes();
      }
    }
    return DEFAULT_BYTES;
  }

  static Problem tooLarge(long limitBytes) {
    return new Problem(
        "body-too-large",
        413,
        "The body is too large",
        "The body of this request may have " + limitBytes + " bytes at most");
  }

  private static void refuse(HttpServletResponse response, Problem problem) throws IOException {
    response.setStatus(problem.status());
    response.setContentType(Problems.CONTENT_TYPE);
    // The rest of the body is not worth reading.
    response.setHeader("Connection", "close");
    response.getOutputStream().write(Problems.toJson(problem));
  }

  private static final class LimitedRequest extends HttpServletRequestWrapper {
    private final long limitBytes;

    LimitedRequest(HttpServletRequest request, long limitBytes) {
      super(request);
      this.limitBytes = limitBytes;
    }

    @Override
    public ServletInputStream getInputStream() throws IOException {
      return new LimitedStream(super.getInputStream(), limitBytes);
    }

    @Override
    public BufferedReader getReader() throws IOException {
      return new BufferedReader(new InputStreamReader(getInputStream(), StandardCharsets.UTF_8));
    }
  }

  private static final class LimitedStream extends ServletInputStream {
    private final ServletInputStream body;
    private final long limitBytes;
    private long readBytes;

    LimitedStream(ServletInputStream body, long limitBytes) {
      this.body = body;
      this.limitBytes = limitBytes;
    }

    @Override
    public int read() throws IOException {
      int next = body.read();
      count(next < 0 ? 0 : 1);
      return next;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int read = body.read(buffer, offset, length);
      count(Math.max(0, read));
      return read;
    }

    private void count(int bytes) throws BodyTooLargeException {
      readBytes += bytes;
      if (readBytes > limitBytes) {
        throw new BodyTooLargeException(limitBytes);
      }
    }

    @Override
    public boolean isFinished() {
      return body.isFinished();
    }

    @Override
    public boolean isReady() {
      return body.isReady();
    }

    @Override
    public void setReadListener(ReadListener listener) {
      body.setReadListener(listener);
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }
}
