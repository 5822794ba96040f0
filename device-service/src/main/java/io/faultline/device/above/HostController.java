package io.faultline.device.above;

import io.faultline.device.above.HostDirectory.Running;
import io.faultline.device.above.Ownership.Whose;
import io.faultline.device.core.DeviceProblems;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/** Which hosts there are, and who has them. */
@RestController
public final class HostController {

  private final Ownership ownership;
  private final HostRouting routing;
  private final SliceEdge edge;

  public HostController(Ownership ownership, HostRouting routing, SliceEdge edge) {
    this.ownership = ownership;
    this.routing = routing;
    this.edge = edge;
  }

  /** All hosts of all instances. */
  @GetMapping("/v1/hosts")
  Map<String, @Nullable Object> hosts(
      @RequestParam(required = false) @Nullable Integer limit,
      @RequestParam(required = false) @Nullable String after) {
    Edge.Page page = Edge.page(limit, after);
    List<Map<String, @Nullable Object>> hosts = new ArrayList<>();
    ownership.refresh();
    ownership
        .directory()
        .slicesByHost()
        .forEach(
            (host, sliceId) -> {
              Running running = ownership.directory().running(sliceId);
              Map<String, @Nullable Object> view = new LinkedHashMap<>();
              view.put("host", host);
              view.put("instance", running == null ? null : running.url());
              view.put("sliceId", sliceId);
              hosts.add(view);
            });
    return SliceEdge.page(hosts, page, host -> String.valueOf(host.get("host")));
  }

  /**
   * Forgets a host that has no devices, or whose owner is gone for ever: only calls of the second
   * kind reach an instance that does not have the host.
   */
  @DeleteMapping("/v1/hosts/{host}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void forget(@PathVariable String host) {
    Edge.name("host", host);
    ReentrantLock lock = routing.lock(host);
    lock.lock();
    try {
      switch (ownership.whose(host)) {
        case Whose.Nobodys nobodys ->
            throw new ProblemException(Problem.notFound("there is no host " + host));
        case Whose.Others others -> ownership.forget(host);
        case Whose.Ours ours -> {
          int devices = devices(host);
          if (devices > 0) {
            throw new ProblemException(DeviceProblems.hostInUse(host, devices));
          }
          ownership.giveBack(host);
          if (devices(host) > 0) {
            // One was made just now, by a call that had found the host here.
            ownership.take(host);
          }
        }
      }
    } catch (KafkaException e) {
      throw new ProblemException(
          Problem.unavailable("Kafka does not answer; nothing is forgotten: " + e.getMessage()));
    } finally {
      lock.unlock();
    }
  }

  private int devices(String host) {
    return SliceEdge.available(() -> edge.slice().read(host, state -> state.devices().size()));
  }
}
