package io.faultline.deployment.door;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RouteTest {

  @ParameterizedTest
  @CsvSource({
    "/v1/hosts, DEVICE",
    "/v1/hosts/local, DEVICE",
    "/v1/hosts/local/unplug, DEVICE",
    "/v1/hosts/local/devices, DEVICE",
    "/v1/hosts/local/devices/pmem0/badblocks, DEVICE",
    "/v1/hosts/volumes/devices/volumes, DEVICE",
    "/v1/hosts/local/volumes, DM",
    "/v1/hosts/local/volumes/vol0/map, DM",
    "/v1/hosts/local/block-devices/pmem0/upward, DM",
    "/v1/hosts/local/import, DM",
    "/v1/hosts/local/filesystems/data/files/a/b, FS",
    "/v1/hosts/local/processes/1/mappings/m1, FS",
    "/v1/hosts/local/kernel, FS",
    "/v1/hosts/local/impact, FS",
    "/v1/events, NOTIFIER",
    "/v1/faults/local:1, NOTIFIER",
    "/v1/watchers/w, NOTIFIER",
    "/v1/topology/local, NOTIFIER",
    "/v1/anything, NOTIFIER",
    "/, NOTIFIER",
    "/app/main.js, NOTIFIER",
  })
  void eachPathIsAnsweredByOneService(String path, Route route) {
    assertThat(Route.of(path)).contains(route);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/actuator",
        "/actuator/prometheus",
        "/%61ctuator/prometheus",
        "//actuator/prometheus",
        "/v1/../actuator/prometheus",
        "/v1/%2e%2E/actuator/prometheus",
        "/v1/..;x=1/actuator/prometheus",
        "/v1/hosts/./local",
        "/actuator;x/prometheus",
      })
  void noPathLeadsToWhatIsInside(String path) {
    assertThat(Route.of(path)).isEmpty();
  }
}
