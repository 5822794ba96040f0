package io.faultline.runtime.access;

import io.swagger.v3.oas.models.Components;
import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.Operation;
import io.swagger.v3.oas.models.security.SecurityRequirement;
import io.swagger.v3.oas.models.security.SecurityScheme;
import java.util.List;
import org.springdoc.core.customizers.OpenApiCustomizer;

/**
 * Says in the description of the interface how callers say who they are, and which role it needs.
 */
final class AccessOpenApi implements OpenApiCustomizer {

  private static final String BEARER = "bearer";
  private static final String SESSION = "session";

  private final AccessTable table;

  AccessOpenApi(AccessTable table) {
    this.table = table;
  }

  @Override
  public void customise(OpenAPI api) {
    Components components = api.getComponents() == null ? new Components() : api.getComponents();
    components.addSecuritySchemes(
        BEARER,
        new SecurityScheme()
            .type(SecurityScheme.Type.HTTP)
            .scheme("bearer")
            .description("A token (flt_…) or the JWT of an OpenID provider."));
    components.addSecuritySchemes(
        SESSION,
        new SecurityScheme()
            .type(SecurityScheme.Type.APIKEY)
            .in(SecurityScheme.In.COOKIE)
            .name(Credentials.COOKIE)
            .description("A browser's session, from POST /v1/session."));
    api.setComponents(components);
    if (api.getPaths() == null) {
      return;
    }
    api.getPaths()
        .forEach(
            (path, item) ->
                item.readOperationsMap()
                    .forEach((method, operation) -> describe(method.name(), path, operation)));
  }

  private void describe(String method, String pathTemplate, Operation operation) {
    String example = pathTemplate.replaceAll("\\{[^}]*}", "x");
    switch (table.find(method, example, null)) {
      case AccessTable.Verdict.Needs(Role role) -> {
        operation.addExtension("x-faultline-role", role.text());
        if (role != Role.ANYONE) {
          operation.setSecurity(
              List.of(
                  new SecurityRequirement().addList(BEARER),
                  new SecurityRequirement().addList(SESSION)));
        }
      }
      case AccessTable.Verdict.Nothing nothing -> nobody(operation);
      case AccessTable.Verdict.OtherMethods others -> nobody(operation);
    }
  }

  private static void nobody(Operation operation) {
    operation.addExtension("x-faultline-role", "nobody");
  }
}
