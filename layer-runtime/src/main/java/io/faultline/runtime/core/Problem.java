package io.faultline.runtime.core;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Why something was not done, as RFC 9457 wants it told.
 *
 * @param kind stable, the end of the type URI {@code /problems/<kind>}
 * @param status the HTTP status
 * @param title one sentence for the kind
 * @param detail names the offending value and what would be right
 * @param errors where in a body, with a JSON pointer each
 * @param more further members ({@code holder}, {@code sector}, {@code errno}, {@code line}); their
 *     names are part of the contract
 */
public record Problem(
    String kind,
    int status,
    String title,
    String detail,
    List<FieldError> errors,
    Map<String, Object> more) {

  /**
   * @param pointer RFC 6901, {@code /sector}
   */
  public record FieldError(String pointer, String detail) {}

  public Problem(String kind, int status, String title, String detail) {
    this(kind, status, title, detail, List.of(), Map.of());
  }

  /** 400: the request itself is not well formed. */
  public static Problem malformed(String detail) {
    return new Problem("malformed-request", 400, "The request is not well formed", detail);
  }

  /** 404: no such thing. */
  public static Problem notFound(String detail) {
    return new Problem("not-found", 404, "There is no such thing", detail);
  }

  /** 409: in conflict with the state. */
  public static Problem conflict(String kind, String title, String detail) {
    return new Problem(kind, 409, title, detail);
  }

  /** 422: well formed, but against a rule of the layer. */
  public static Problem refused(String kind, String title, String detail) {
    return new Problem(kind, 422, title, detail);
  }

  /** 422: a key that a client chose stands for one request. */
  public static Problem keyReused(String commandId) {
    return refused(
        "idempotency-key-reused",
        "An Idempotency-Key stands for one request",
        "The key of this request was used for another one before: " + commandId);
  }

  /** 503: the one who must decide cannot be reached just now. */
  public static Problem unavailable(String detail) {
    return new Problem("unavailable", 503, "The owner cannot be reached just now", detail);
  }

  public Problem with(String name, Object value) {
    Map<String, Object> extended = new LinkedHashMap<>(more);
    extended.put(name, value);
    return new Problem(kind, status, title, detail, errors, extended);
  }

  public Problem at(String pointer, String fieldDetail) {
    List<FieldError> extended = new java.util.ArrayList<>(errors);
    extended.add(new FieldError(pointer, fieldDetail));
    return new Problem(kind, status, title, detail, List.copyOf(extended), more);
  }

  public Answer asAnswer() {
    return new Answer.Refused(this);
  }
}
