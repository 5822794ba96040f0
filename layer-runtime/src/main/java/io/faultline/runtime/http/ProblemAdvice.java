package io.faultline.runtime.http;

import io.faultline.runtime.core.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.util.List;
import java.util.stream.Collectors;
import org.apache.catalina.connector.ClientAbortException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.HttpMediaTypeNotAcceptableException;
import org.springframework.web.HttpMediaTypeNotSupportedException;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import tools.jackson.core.JacksonException;

/** Everything that goes wrong in a request becomes a problem answer; never a stack trace. */
@RestControllerAdvice
public final class ProblemAdvice {

  private static final Logger log = LoggerFactory.getLogger(ProblemAdvice.class);

  @ExceptionHandler
  ResponseEntity<byte[]> problem(ProblemException e) {
    return Replies.toResponse(e.problem());
  }

  /** The client went away: there is nobody to answer. */
  @ExceptionHandler
  void gone(AsyncRequestNotUsableException e) {
    log.debug("the client is gone: {}", e.getMessage());
  }

  /** The server has answered 408 or 400 by itself, if anybody is left to be answered. */
  @ExceptionHandler
  void broken(ClientAbortException e) {
    log.debug("the request did not come whole: {}", e.getMessage());
  }

  /** Passed on to the server, which closes the connection. */
  @ExceptionHandler
  void broken(BrokenAnswerException e) throws BrokenAnswerException {
    throw e;
  }

  @ExceptionHandler
  ResponseEntity<byte[]> unreadable(HttpMessageNotReadableException e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      switch (cause) {
        case BodyTooLargeException large -> {
          return Replies.toResponse(BodyLimitFilter.tooLarge(large.limitBytes()));
        }
        case ProblemException problem -> {
          return Replies.toResponse(problem.problem());
        }
        case JacksonException json -> {
          return Replies.toResponse(JsonProblems.of(json));
        }
        default -> {}
      }
    }
    String missing = "This request has a JSON body, but here is none that can be read";
    return Replies.toResponse(Problem.malformed(missing).at("", missing));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> tooLarge(BodyTooLargeException e) {
    return Replies.toResponse(BodyLimitFilter.tooLarge(e.limitBytes()));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> wrongType(MethodArgumentTypeMismatchException e) {
    return Replies.toResponse(
        Problem.malformed(
            e.getName()
                + " is "
                + JsonProblems.expected(e.getRequiredType())
                + ", but it is "
                + Edge.quote(String.valueOf(e.getValue()))));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> wrongBody(HttpMediaTypeNotSupportedException e) {
    MediaType given = e.getContentType();
    return withHeaders(
        e.getHeaders(),
        new Problem(
            "unsupported-media-type",
            415,
            "The body is of the wrong type",
            "The Content-Type of this request is "
                + listed(e.getSupportedMediaTypes())
                + ", but it is "
                + Edge.quote(given == null ? null : given.toString())));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> wrongAnswer(HttpMediaTypeNotAcceptableException e) {
    return withHeaders(
        e.getHeaders(),
        new Problem(
            "not-acceptable",
            406,
            "There is no answer in a form that you accept",
            "This request is answered as " + listed(e.getSupportedMediaTypes())));
  }

  private static String listed(List<MediaType> types) {
    // The families of types (application/*+json) are there for the library's sake.
    String listed =
        types.stream()
            .filter(type -> type.isConcrete())
            .map(type -> type.getType() + "/" + type.getSubtype())
            .distinct()
            .collect(Collectors.joining(" or "));
    return listed.isEmpty() ? "application/json" : listed;
  }

  private static ResponseEntity<byte[]> withHeaders(HttpHeaders more, Problem problem) {
    ResponseEntity<byte[]> answer = Replies.toResponse(problem);
    HttpHeaders headers = new HttpHeaders();
    headers.addAll(more);
    headers.addAll(answer.getHeaders());
    return new ResponseEntity<>(answer.getBody(), headers, answer.getStatusCode());
  }

  @ExceptionHandler
  ResponseEntity<byte[]> other(Exception e, HttpServletRequest request) {
    if (e instanceof ErrorResponse response) {
      return withHeaders(
          response.getHeaders(), springProblem(response.getStatusCode(), response.getBody()));
    }
    log.error("{} {} failed", request.getMethod(), request.getRequestURI(), e);
    return Replies.toResponse(
        new Problem(
            "internal-error",
            500,
            "A bug in Faultline",
            "The request failed; the service's log has the reason"));
  }

  /** Spring's own refusals under our kinds. */
  static Problem springProblem(HttpStatusCode status, @Nullable ProblemDetail body) {
    String detail = body == null || body.getDetail() == null ? "" : body.getDetail();
    return switch (status.value()) {
      case 400 -> Problem.malformed(detail);
      case 404 -> Problem.notFound("There is nothing at this path");
      case 405 ->
          new Problem("method-not-allowed", 405, "This method is not for this path", detail);
      case 406 ->
          new Problem(
              "not-acceptable", 406, "There is no answer in a form that you accept", detail);
      case 408 ->
          new Problem(
              "request-too-slow",
              408,
              "The request comes too slowly",
              "The body was waited for too long; faultline.requests.* and"
                  + " server.tomcat.connection-timeout say how long");
      case 415 ->
          new Problem("unsupported-media-type", 415, "The body is of the wrong type", detail);
      default -> new Problem("http-" + status.value(), status.value(), "Refused", detail);
    };
  }
}
