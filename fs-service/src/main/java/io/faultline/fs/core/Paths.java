package io.faultline.fs.core;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.faultline.runtime.core.Problem;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The rules of paths: absolute, of names with at most 255 bytes each, as the kernel has them. */
final class Paths {

  /** NAME_MAX. */
  static final int MAX_NAME_BYTES = 255;

  /** PATH_MAX. */
  static final int MAX_PATH_BYTES = 4096;

  private Paths() {}

  /** The names of a path from the root on; none for the root. */
  static List<String> names(String path) {
    return path.equals("/") ? List.of() : Arrays.asList(path.substring(1).split("/", -1));
  }

  /** Why a path is none; null if it is one. */
  static @Nullable Problem whyNot(String path) {
    if (!path.startsWith("/")) {
      return FileProblems.invalid("The path " + path + " does not begin with /");
    }
    if (path.getBytes(UTF_8).length > MAX_PATH_BYTES) {
      return FileProblems.nameTooLong(
          "A path has at most " + MAX_PATH_BYTES + " bytes, this one has more");
    }
    List<String> names = names(path);
    if (names.size() > Names.MAX_DEPTH) {
      return FileProblems.nameTooLong(
          "A path has at most " + Names.MAX_DEPTH + " names, this one has " + names.size());
    }
    for (String name : names) {
      if (name.isEmpty() || name.equals(".") || name.equals("..") || name.indexOf('\0') >= 0) {
        return FileProblems.invalid(
            "The path " + path + " has a name that is empty, . or .. or holds a zero byte");
      }
      if (name.getBytes(UTF_8).length > MAX_NAME_BYTES) {
        return FileProblems.nameTooLong(
            "A name has at most " + MAX_NAME_BYTES + " bytes, this one has more: " + name);
      }
    }
    return null;
  }
}
