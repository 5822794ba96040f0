package io.faultline.deployment.door;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;

/** Up when an instance of each service says that it is ready. */
final class ServicesHealth implements HealthIndicator {

  private static final String READINESS = "/actuator/health/readiness";
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final Services services;

  ServicesHealth(Services services) {
    this.services = services;
  }

  @Override
  public Health health() {
    Map<Route, Future<String>> asked = new EnumMap<>(Route.class);
    try (ExecutorService each = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Route route : Route.values()) {
        asked.put(route, each.submit(() -> ask(route)));
      }
    }
    Health.Builder health = Health.up();
    asked.forEach(
        (route, answer) -> {
          String state = stateOf(answer);
          health.withDetail(route.name().toLowerCase(Locale.ROOT), state);
          if (!state.equals("UP")) {
            health.down();
          }
        });
    return health.build();
  }

  private String ask(Route route) throws IOException {
    HttpResponse<InputStream> answer =
        services.send(
            route, READINESS, uri -> HttpRequest.newBuilder(uri).timeout(TIMEOUT).build());
    answer.body().close();
    return answer.statusCode() == 200 ? "UP" : "answers " + answer.statusCode();
  }

  private static String stateOf(Future<String> answer) {
    try {
      return answer.get();
    } catch (ExecutionException unreachable) {
      return "gives no answer";
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "not asked";
    }
  }
}
