package io.faultline.device.above;

import io.faultline.device.above.HostDirectory.Running;
import io.faultline.device.above.Ownership.Whose;
import io.faultline.device.below.Slice;
import io.faultline.device.below.SliceException;
import io.faultline.device.core.DeviceProblems;
import io.faultline.events.Names;
import io.faultline.runtime.Problems;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.BodyTooLargeException;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Any instance takes any call: one about a host of ours goes on, one about another's is passed on
 * to it, and the first device of a new host makes the host ours first.
 */
public final class HostRouting extends OncePerRequestFilter {

  private static final Logger log = LoggerFactory.getLogger(HostRouting.class);

  /** The paths of device-service and of nobody else. */
  private static final Pattern PATH =
      Pattern.compile("/v1/hosts(?:/([^/]+)(/unplug|/devices(?:/.*)?)?)?");

  private static final Pattern NEW_DEVICE = Pattern.compile("/v1/hosts/[^/]+/devices/[^/]+");
  private static final String COUNTER = "faultline.device.passed.on";

  /** Hosts share locks by their hash, so that there is a fixed number of them. */
  private static final int LOCKS = 64;

  private final Ownership ownership;
  private final OtherInstances others;
  private final Slice slice;
  private final MeterRegistry registry;
  private final ReentrantLock[] locks = new ReentrantLock[LOCKS];

  public HostRouting(
      Ownership ownership, OtherInstances others, Slice slice, MeterRegistry registry) {
    this.ownership = ownership;
    this.others = others;
    this.slice = slice;
    this.registry = registry;
    for (int i = 0; i < LOCKS; i++) {
      locks[i] = new ReentrantLock();
    }
  }

  /** A change of what a host has at all: no two of them at once. */
  ReentrantLock lock(String host) {
    return locks[Math.floorMod(host.hashCode(), LOCKS)];
  }

  @Override
  protected void doFilterInternal(
      HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    Matcher path = PATH.matcher(request.getRequestURI());
    if (!path.matches()) {
      chain.doFilter(request, response);
      return;
    }
    response.setHeader(OtherInstances.INSTANCE, ownership.instanceId());
    String host = path.group(1);
    Problem notNow = notNow();
    if (host == null || !Names.isName(host)) {
      // All hosts, or a name that the controller refuses.
      chain.doFilter(request, response);
    } else if (notNow != null) {
      refuse(response, notNow);
    } else {
      route(host, request, response, chain);
    }
  }

  private @Nullable Problem notNow() {
    String newer = ownership.supersededAt();
    if (newer != null) {
      return Problem.unavailable(
          "Another process at " + newer + " runs the slice of this one; ask that one");
    }
    return ownership.isSettled()
        ? null
        : Problem.unavailable("This instance is about to start; nothing was changed");
  }

  private void route(
      String host, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    String meant = request.getHeader(OtherInstances.PASSED_ON);
    if (meant != null && !meant.equals(ownership.sliceId())) {
      refuse(
          response,
          Problem.unavailable(
              "Slice " + meant + " is not run here; its address is out of date, try again"));
      return;
    }
    boolean isNewDevice =
        request.getMethod().equals("PUT") && NEW_DEVICE.matcher(request.getRequestURI()).matches();
    Whose known = ownership.whose(host);
    Whose whose = known instanceof Whose.Nobodys ? ownership.whoseByNow(host) : known;
    switch (whose) {
      case Whose.Others owner when meant != null ->
          refuse(response, Problem.unavailable("Host " + host + " is not at this instance"));
      case Whose.Others owner -> passOn(host, owner, request, response, chain);
      case Whose.Ours ours when !isNewDevice || hasDevices(host) ->
          chain.doFilter(request, response);
      case Whose.Nobodys nobodys when !isNewDevice -> chain.doFilter(request, response);
      case Whose.Ours ours -> createFirst(host, request, response, chain);
      case Whose.Nobodys nobodys -> createFirst(host, request, response, chain);
    }
  }

  private boolean hasDevices(String host) {
    try {
      return slice.hosts().contains(host);
    } catch (SliceException e) {
      return false;
    }
  }

  private void passOn(
      String host,
      Whose.Others owner,
      HttpServletRequest request,
      HttpServletResponse response,
      FilterChain chain)
      throws ServletException, IOException {
    boolean forgets =
        request.getMethod().equals("DELETE") && request.getRequestURI().endsWith("/hosts/" + host);
    if (!tryToPassOn(owner, request, response)) {
      if (forgets && !response.isCommitted()) {
        // Its owner does not answer: then it is the operator's word that counts.
        chain.doFilter(request, response);
      } else {
        refuse(
            response,
            Problem.unavailable(
                "Host "
                    + host
                    + " is at slice "
                    + owner.sliceId()
                    + " at "
                    + address(owner)
                    + ", which does not answer; DELETE /v1/hosts/"
                    + host
                    + " forgets it if it never will"));
      }
    }
  }

  private boolean tryToPassOn(
      Whose.Others owner, HttpServletRequest request, HttpServletResponse response)
      throws IOException {
    Running running = owner.running();
    if (running == null) {
      registry.counter(COUNTER, "outcome", "unreachable").increment();
      return false;
    }
    try {
      others.passOn(running, request, response);
      registry.counter(COUNTER, "outcome", "answered").increment();
      return true;
    } catch (IOException e) {
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof BodyTooLargeException large) {
          throw large;
        }
      }
      registry.counter(COUNTER, "outcome", "unreachable").increment();
      log.info("slice {} at {} does not answer: {}", owner.sliceId(), running.url(), e.toString());
      if (response.isCommitted()) {
        throw e;
      }
      return false;
    }
  }

  /** The host first, then its device; and the host back if the device is refused. */
  private void createFirst(
      String host, HttpServletRequest request, HttpServletResponse response, FilterChain chain)
      throws ServletException, IOException {
    ReentrantLock lock = lock(host);
    lock.lock();
    try {
      boolean wasOurs = ownership.whose(host) instanceof Whose.Ours;
      switch (ownership.take(host)) {
        case Whose.Ours ours -> {
          chain.doFilter(request, response);
          if (!wasOurs && response.getStatus() >= 400 && !hasDevices(host)) {
            giveBack(host);
          }
        }
        case Whose.Others owner -> {
          if (!tryToPassOn(owner, request, response)) {
            refuse(response, DeviceProblems.elsewhere(host, owner.sliceId(), address(owner)));
          }
        }
        case Whose.Nobodys nobodys ->
            refuse(
                response,
                Problem.unavailable("Host " + host + " was forgotten just now; try again"));
      }
    } catch (KafkaException e) {
      if (response.isCommitted()) {
        throw e;
      }
      refuse(
          response,
          Problem.unavailable(
              "Who has host "
                  + host
                  + " is decided by Kafka, which does not answer: "
                  + e.getMessage()));
    } finally {
      lock.unlock();
    }
  }

  private void giveBack(String host) {
    try {
      ownership.giveBack(host);
    } catch (KafkaException e) {
      // It stays ours, without devices: calls about it still find us.
      log.warn("host {} was taken for nothing and is not given back: {}", host, e.toString());
    }
  }

  private static String address(Whose.Others owner) {
    Running running = owner.running();
    return running == null ? "an unknown address" : running.url();
  }

  private static void refuse(HttpServletResponse response, Problem problem) throws IOException {
    if (response.isCommitted()) {
      return;
    }
    response.resetBuffer();
    response.setStatus(problem.status());
    if (problem.status() == 503) {
      response.setHeader("Retry-After", "1");
    }
    response.setContentType(Problems.CONTENT_TYPE);
    response.getOutputStream().write(Problems.toJson(problem));
  }
}
