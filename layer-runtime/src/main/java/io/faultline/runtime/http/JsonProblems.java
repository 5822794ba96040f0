package io.faultline.runtime.http;

import io.faultline.ranges.Extents;
import io.faultline.runtime.core.Problem;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.InputCoercionException;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.exc.UnexpectedEndOfInputException;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.node.ArrayNode;

/**
 * What is wrong with a JSON body, where, and what would be right. In words of our own, because
 * those of the library name its settings and our classes, which are nothing to a client.
 */
public final class JsonProblems {

  private static final int MAX_NAME_SHOWN = 80;

  /** Where the library puts a value that it has nowhere else. */
  private static final Pattern REFUSED_TEXT =
      Pattern.compile("^Cannot coerce String value \\(\"(.*)\"\\) to `", Pattern.DOTALL);

  private static final Pattern REFUSED_NUMBER =
      Pattern.compile("^Numeric value \\((.*)\\) out of range", Pattern.DOTALL);
  private static final Pattern REFUSED_KIND =
      Pattern.compile("from (Array|Object|String|Number|Integer|Floating-point|Boolean) value");
  private static final Pattern LIMIT = Pattern.compile("maximum allowed \\((\\d+)");

  private static final Map<String, String> KINDS =
      Map.of(
          "Array", "an array",
          "Object", "an object",
          "String", "a text",
          "Number", "a number",
          "Integer", "a number",
          "Floating-point", "a number",
          "Boolean", "true or false");

  private JsonProblems() {}

  /** 400, with a JSON pointer to what is wrong. */
  public static Problem of(JacksonException e) {
    return switch (e) {
      case UnrecognizedPropertyException unknown -> unknown(unknown);
      case MismatchedInputException wrong when ours(wrong) ->
          problem(e, String.valueOf(wrong.getOriginalMessage()));
      case MismatchedInputException wrong ->
          problem(e, is(what(e), expected(wrong.getTargetType()), found(wrong)));
      case InputCoercionException large ->
          problem(e, is(what(e), fitting(large.getTargetType()), found(large)));
      case StreamConstraintsException large -> problem(e, limit(large));
      case UnexpectedEndOfInputException end ->
          problem(e, "The body is not JSON: it ends before all that it opens is closed");
      case StreamReadException broken ->
          problem(
              e, "The body is not JSON: " + place(broken) + " has what JSON does not allow there");
      default -> problem(e, what(e) + " does not have the form that this request has");
    };
  }

  private static Problem problem(JacksonException e, String detail) {
    return Problem.malformed(detail).at(pointer(e), detail);
  }

  private static Problem unknown(UnrecognizedPropertyException e) {
    Collection<Object> known = e.getKnownPropertyIds();
    return Problem.malformed(
            "The field "
                + Edge.quote(e.getPropertyName())
                + " is not known; known are "
                + (known == null
                    ? "none"
                    : known.stream()
                        .map(String::valueOf)
                        .sorted()
                        .collect(Collectors.joining(", "))))
        .at(pointer(e), "not known");
  }

  /** Whether our own readers of ranges have said it; the library quotes types and settings so. */
  private static boolean ours(MismatchedInputException e) {
    Class<?> type = e.getTargetType();
    return (type == Extents.class || type == long[].class)
        && e.getOriginalMessage().indexOf('`') < 0;
  }

  private static String is(String what, String expected, @Nullable String found) {
    return what + " is " + expected + (found == null ? "" : ", but it is " + found);
  }

  /** What a value of a type looks like. */
  static String expected(@Nullable Class<?> type) {
    if (type == null) {
      return "of another type";
    }
    if (type == long.class || type == Long.class || type == int.class || type == Integer.class) {
      return "a whole number";
    }
    if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return "a number";
    }
    if (type == String.class) {
      return "a text";
    }
    if (type == Duration.class) {
      return "an ISO 8601 duration (PT10S)";
    }
    if (type == Instant.class) {
      return "an RFC 3339 time";
    }
    if (type.isEnum()) {
      return "one of "
          + Arrays.stream(type.getEnumConstants())
              .map(String::valueOf)
              .collect(Collectors.joining(", "));
    }
    return type.isArray() || type == ArrayNode.class || Collection.class.isAssignableFrom(type)
        ? "an array"
        : "an object";
  }

  private static String fitting(@Nullable Class<?> type) {
    return type == int.class || type == Integer.class
        ? "a whole number below 2^31"
        : "a whole number below 2^53";
  }

  /** The offending value as it may be shown; null if only the library knows it. */
  private static @Nullable String found(JacksonException e) {
    if (e instanceof InvalidFormatException format && format.getValue() != null) {
      return format.getValue() instanceof String text
          ? Edge.quote(text)
          : clipped(String.valueOf(format.getValue()));
    }
    String message = e.getOriginalMessage();
    if (message.startsWith("Cannot map `null`")) {
      return "missing or null";
    }
    if (message.contains("end-of-input")) {
      return "empty";
    }
    Matcher text = REFUSED_TEXT.matcher(message);
    if (text.find()) {
      return Edge.quote(text.group(1));
    }
    Matcher number = REFUSED_NUMBER.matcher(message);
    if (number.find()) {
      return clipped(number.group(1));
    }
    Matcher kind = REFUSED_KIND.matcher(message);
    return kind.find() ? KINDS.get(kind.group(1)) : null;
  }

  private static String limit(StreamConstraintsException e) {
    String message = e.getOriginalMessage();
    Matcher limit = LIMIT.matcher(message);
    String most = limit.find() ? ": at most " + limit.group(1) : "";
    if (message.startsWith("Number")) {
      return "The body has a number of too many characters" + most;
    }
    return message.startsWith("Document nesting")
        ? "The body nests too deep" + most
        : "The body has a name or a text of too many characters" + most;
  }

  private static String place(JacksonException e) {
    TokenStreamLocation at = e.getLocation();
    return at == null
        ? "it"
        : "line " + at.getLineNr() + ", column " + Math.max(1, at.getColumnNr());
  }

  /** {@code scatter.ranges}, {@code devices[0]}. */
  private static String what(JacksonException e) {
    StringBuilder what = new StringBuilder();
    for (JacksonException.Reference step : e.getPath()) {
      if (step.getPropertyName() == null) {
        what.append('[').append(step.getIndex()).append(']');
      } else {
        what.append(what.isEmpty() ? "" : ".").append(step.getPropertyName());
      }
    }
    return what.isEmpty() ? "The body" : clipped(what.toString());
  }

  private static String clipped(String text) {
    String shown = text.length() <= MAX_NAME_SHOWN ? text : text.substring(0, MAX_NAME_SHOWN) + "…";
    return shown.replaceAll("\\p{Cntrl}", "?");
  }

  /** RFC 6901; empty for the whole body. */
  private static String pointer(JacksonException e) {
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
}
