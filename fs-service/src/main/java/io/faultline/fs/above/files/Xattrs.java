package io.faultline.fs.above.files;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.events.Json;
import io.faultline.fs.core.FileViews.XattrView;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.io.IOException;
import java.io.InputStream;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;

/** Extended attributes in requests: the value is the body, byte by byte. */
final class Xattrs {

  /** XATTR_SIZE_MAX. */
  private static final int MAX_VALUE_BYTES = 65_536;

  /** XATTR_NAME_MAX. */
  private static final int MAX_NAME_BYTES = 255;

  private Xattrs() {}

  static String name(String name) {
    int bytes = name.getBytes(UTF_8).length;
    if (bytes == 0 || bytes > MAX_NAME_BYTES || name.chars().anyMatch(c -> c < ' ')) {
      throw Edge.malformed(
          "The name of an attribute has 1 to "
              + MAX_NAME_BYTES
              + " bytes and no control characters, but it is "
              + Edge.quote(name));
    }
    return name;
  }

  static byte[] value(InputStream body) throws IOException {
    byte[] value = body.readNBytes(MAX_VALUE_BYTES + 1);
    if (value.length > MAX_VALUE_BYTES) {
      throw new ProblemException(
          new Problem(
                  "body-too-large",
                  413,
                  "The body is too large",
                  "The value of an attribute has " + MAX_VALUE_BYTES + " bytes at most (E2BIG)")
              .with("errno", "E2BIG"));
    }
    return value;
  }

  static ResponseEntity<byte[]> value(Reply reply) {
    return ResponseEntity.ok()
        .contentType(MediaType.APPLICATION_OCTET_STREAM)
        .body(Json.LENIENT.readValue(reply.body(), XattrView.class).value());
  }
}
