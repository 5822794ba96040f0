package io.faultline.runtime.http;

import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import org.springframework.http.HttpHeaders;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** Answers of a layer and problems as HTTP answers. */
public final class Replies {

  /** When to come again, where an answer says "not now". */
  private static final String RETRY_AFTER_SECONDS = "1";

  private Replies() {}

  public static ResponseEntity<byte[]> toResponse(Reply reply) {
    ResponseEntity.BodyBuilder response = ResponseEntity.status(reply.status());
    if (reply.status() == 503 || reply.status() == 423) {
      response.header(HttpHeaders.RETRY_AFTER, RETRY_AFTER_SECONDS);
    }
    if (reply.body().length == 0) {
      return response.build();
    }
    return response.contentType(MediaType.parseMediaType(reply.contentType())).body(reply.body());
  }

  public static ResponseEntity<byte[]> toResponse(Problem problem) {
    return toResponse(new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem)));
  }
}
