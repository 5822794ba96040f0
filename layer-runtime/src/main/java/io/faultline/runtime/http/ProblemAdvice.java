package io.faultline.runtime.http;

import io.faultline.runtime.core.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.util.stream.Collectors;
import org.apache.catalina.connector.ClientAbortException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.http.converter.HttpMessageNotReadableException;
import org.springframework.web.ErrorResponse;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.RestControllerAdvice;
import org.springframework.web.context.request.async.AsyncRequestNotUsableException;
import org.springframework.web.method.annotation.MethodArgumentTypeMismatchException;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;

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
          return Replies.toResponse(jsonProblem(json));
        }
        default -> {}
      }
    }
    return Replies.toResponse(Problem.malformed("The request has no body that can be read"));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> tooLarge(BodyTooLargeException e) {
    return Replies.toResponse(BodyLimitFilter.tooLarge(e.limitBytes()));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> wrongType(MethodArgumentTypeMismatchException e) {
    Class<?> wanted = e.getRequiredType();
    return Replies.toResponse(
        Problem.malformed(
            e.getName()
                + " is "
                + (wanted == null ? "of another type" : describe(wanted))
                + ", but it is "
                + Edge.quote(String.valueOf(e.getValue()))));
  }

  @ExceptionHandler
  ResponseEntity<byte[]> other(Exception e, HttpServletRequest request) {
    if (e instanceof ErrorResponse response) {
      ResponseEntity<byte[]> answer =
          Replies.toResponse(springProblem(response.getStatusCode(), response.getBody()));
      HttpHeaders headers = new HttpHeaders();
      headers.addAll(response.getHeaders());
      headers.addAll(answer.getHeaders());
      return new ResponseEntity<>(answer.getBody(), headers, answer.getStatusCode());
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

  private static Problem jsonProblem(JacksonException json) {
    if (json instanceof UnrecognizedPropertyException unknown) {
      String known =
          unknown.getKnownPropertyIds() == null
              ? ""
              : unknown.getKnownPropertyIds().stream()
                  .map(String::valueOf)
                  .sorted()
                  .collect(Collectors.joining(", "));
      return Problem.malformed(
              "The field "
                  + Edge.quote(unknown.getPropertyName())
                  + " is not known; known are "
                  + known)
          .at(pointer(unknown), "not known");
    }
    String reason = Edge.quote(json.getOriginalMessage());
    if (json instanceof DatabindException databind && !databind.getPath().isEmpty()) {
      return Problem.malformed("The body does not have the form that this request has: " + reason)
          .at(pointer(databind), json.getOriginalMessage());
    }
    return Problem.malformed("The body is not JSON of the form that this request has: " + reason);
  }

  /** RFC 6901. */
  private static String pointer(DatabindException e) {
    StringBuilder pointer = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      String name =
          step.getPropertyName() == null
              ? Integer.toString(step.getIndex())
              : step.getPropertyName();
      pointer.append('/').append(name.replace("~", "~0").replace("/", "~1"));
    }
    return pointer.toString();
  }

  private static String describe(Class<?> wanted) {
    if (wanted == long.class
        || wanted == Long.class
        || wanted == int.class
        || wanted == Integer.class) {
      return "a whole number";
    }
    if (wanted == boolean.class || wanted == Boolean.class) {
      return "true or false";
    }
    return "a " + wanted.getSimpleName();
  }
}
