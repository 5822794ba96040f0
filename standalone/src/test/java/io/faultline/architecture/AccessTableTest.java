package io.faultline.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import io.faultline.device.DeviceAccess;
import io.faultline.dm.DmAccess;
import io.faultline.fs.FsAccess;
import io.faultline.notifier.NotifierAccess;
import io.faultline.runtime.access.AccessAdministration;
import io.faultline.runtime.access.AccessConfiguration;
import io.faultline.runtime.access.AccessRules;
import io.faultline.runtime.access.AccessTable;
import io.faultline.runtime.access.AccessTable.Verdict;
import io.faultline.runtime.access.Role;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.config.BeanDefinition;
import org.springframework.boot.webmvc.error.ErrorController;
import org.springframework.context.annotation.ClassPathScanningCandidateComponentProvider;
import org.springframework.context.support.StaticApplicationContext;
import org.springframework.core.type.filter.AnnotationTypeFilter;
import org.springframework.stereotype.Controller;
import org.springframework.util.ClassUtils;
import org.springframework.web.bind.annotation.RequestMethod;
import org.springframework.web.servlet.mvc.method.RequestMappingInfo;
import org.springframework.web.servlet.mvc.method.annotation.RequestMappingHandlerMapping;

/**
 * Who may do what is decided for every mapping of every controller. One that no rule names is
 * served to nobody while access control is on, so it would be found out late, by whoever needs it.
 */
class AccessTableTest {

  private static final AccessTable TABLE =
      new AccessTable(
          List.of(
              DeviceAccess.rules(),
              DmAccess.rules(),
              FsAccess.rules(),
              NotifierAccess.rules(),
              AccessAdministration.rules(),
              AccessConfiguration.rules()));

  private static final Set<String> READING = Set.of("GET", "HEAD");

  /** Spring's own idea of what a method is mapped to. */
  private static final class Mappings extends RequestMappingHandlerMapping {
    @Nullable RequestMappingInfo of(Method method, Class<?> controller) {
      return getMappingForMethod(method, controller);
    }
  }

  @Test
  void everyMappingHasARule() {
    List<String> requests = requests("io.faultline");
    assertThat(requests)
        .contains(
            "POST /v1/hosts/{host}/devices/{device}/faults", "GET /v1/faults", "GET /v1/tokens")
        .hasSizeGreaterThan(60);
    assertThat(requests.stream().filter(request -> !isNamed(TABLE, request)).toList())
        .as("say who may in DeviceAccess, DmAccess, FsAccess, NotifierAccess")
        .isEmpty();
  }

  @Test
  void nothingIsChangedByAViewerOrUnasked() {
    for (String request : requests("io.faultline")) {
      String method = request.substring(0, request.indexOf(' '));
      boolean session = request.endsWith("/v1/session");
      if (!READING.contains(method) && !session) {
        assertThat(role(TABLE, request))
            .as(request)
            .isNotNull()
            .isGreaterThanOrEqualTo(Role.OPERATOR);
      }
      if (request.contains("/v1/watchers") && !READING.contains(method)
          || request.contains("/v1/tokens")
          || request.contains("/v1/audit")) {
        assertThat(role(TABLE, request)).as(request).isEqualTo(Role.ADMIN);
      }
      if (role(TABLE, request) == Role.ANYONE) {
        assertThat(request).doesNotContain("/v1/hosts", "/v1/events", "/v1/faults", "/v1/topology");
      }
    }
  }

  @Test
  void aMappingWithoutARuleIsReported() {
    AccessTable little =
        new AccessTable(List.of(AccessRules.builder().viewer("GET /v1/hosts").build()));
    assertThat(isNamed(little, "GET /v1/hosts")).isTrue();
    assertThat(isNamed(little, "DELETE /v1/hosts")).isFalse();
    assertThat(isNamed(little, "GET /v1/hosts/{host}")).isFalse();
  }

  private static boolean isNamed(AccessTable table, String request) {
    return role(table, request) != null;
  }

  private static @Nullable Role role(AccessTable table, String request) {
    int space = request.indexOf(' ');
    String path =
        request.substring(space + 1).replaceAll("\\{\\*[^}]*}", "a/b").replaceAll("\\{[^}]*}", "x");
    return table.find(request.substring(0, space), path, null) instanceof Verdict.Needs(Role role)
        ? role
        : null;
  }

  /** {@code "GET /v1/hosts"} for each mapping of each controller below a package. */
  private static List<String> requests(String packages) {
    ClassPathScanningCandidateComponentProvider scanner =
        new ClassPathScanningCandidateComponentProvider(false);
    scanner.addIncludeFilter(new AnnotationTypeFilter(Controller.class));
    Mappings mappings = new Mappings();
    mappings.setApplicationContext(new StaticApplicationContext());
    mappings.afterPropertiesSet();
    Set<String> found = new TreeSet<>();
    for (BeanDefinition bean : scanner.findCandidateComponents(packages)) {
      Class<?> controller =
          ClassUtils.resolveClassName(String.valueOf(bean.getBeanClassName()), null);
      // Tests have controllers of their own; the answer to errors is never asked for.
      boolean ours =
          !controller.getName().contains("Test")
              && !controller.getName().contains("Guarded")
              && !ErrorController.class.isAssignableFrom(controller);
      for (Method method : ours ? controller.getDeclaredMethods() : new Method[0]) {
        RequestMappingInfo info = mappings.of(method, controller);
        if (info != null) {
          found.addAll(requests(info));
        }
      }
    }
    return new ArrayList<>(found);
  }

  private static List<String> requests(RequestMappingInfo info) {
    Set<RequestMethod> methods = info.getMethodsCondition().getMethods();
    List<String> requests = new ArrayList<>();
    for (String path : info.getPatternValues()) {
      for (RequestMethod method : methods.isEmpty() ? Set.of(RequestMethod.values()) : methods) {
        requests.add(method + " " + path);
      }
    }
    return requests;
  }
}
