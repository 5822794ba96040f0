package io.faultline.device.above;

import io.faultline.device.below.Slice;
import io.faultline.device.below.SliceException;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import jakarta.servlet.http.HttpServletRequest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What all controllers of devices do on the way to the slice and back. */
public final class SliceEdge {

  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");

  private final Slice slice;

  public SliceEdge(Slice slice) {
    this.slice = slice;
  }

  Slice slice() {
    return slice;
  }

  /** Carries a command out, under the request's {@code Idempotency-Key} if it has one. */
  Reply command(String host, DeviceCommand command, HttpServletRequest request) {
    return slice.command(host, command, Edge.commandId(request), traceparent(request));
  }

  /**
   * Looks at one device.
   *
   * @throws ProblemException 404 if there is none, 503 if the slice cannot answer
   */
  <T> T device(String host, String device, Function<Device, T> look) {
    return available(
        () ->
            slice.read(
                host,
                state -> {
                  Device found = state.device(device);
                  if (found == null) {
                    throw new ProblemException(slice.notThere(host, device));
                  }
                  return look.apply(found);
                }));
  }

  /**
   * @throws ProblemException 503 if the slice cannot answer
   */
  static <T> T available(Supplier<T> answer) {
    try {
      return answer.get();
    } catch (SliceException e) {
      throw new ProblemException(Problem.unavailable(String.valueOf(e.getMessage())));
    }
  }

  /** W3C trace context, if it is any. */
  static @Nullable String traceparent(HttpServletRequest request) {
    String header = request.getHeader("traceparent");
    return header != null && TRACEPARENT.matcher(header).matches() ? header : null;
  }

  /**
   * One page of a list that is ascending by key.
   *
   * @param key what {@code after} is compared with
   */
  static <T> Map<String, @Nullable Object> page(
      List<T> items, Edge.Page page, Function<T, String> key) {
    List<T> shown = new ArrayList<>();
    String next = null;
    String after = page.after();
    for (T item : items) {
      if (after != null && key.apply(item).compareTo(after) <= 0) {
        continue;
      }
      if (shown.size() == page.limit()) {
        next = key.apply(shown.getLast());
        break;
      }
      shown.add(item);
    }
    Map<String, @Nullable Object> body = new LinkedHashMap<>();
    body.put("items", shown);
    body.put("next", next);
    return body;
  }
}
