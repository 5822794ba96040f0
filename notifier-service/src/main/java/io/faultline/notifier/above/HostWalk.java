package io.faultline.notifier.above;

import io.faultline.events.Json;
import io.faultline.notifier.core.NotifierCommand;
import io.faultline.notifier.core.NotifierCommand.GetOverview;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.ProblemException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Asks the owners of hosts. A question to all of them begins with a short one to every partition,
 * so that what is answered together stays bounded; then host by host is asked.
 */
public final class HostWalk {

  /** Hosts that are asked for one page. */
  static final int MAX_ASKED = 200;

  private final CommandGateway<NotifierCommand> gateway;

  public HostWalk(CommandGateway<NotifierCommand> gateway) {
    this.gateway = gateway;
  }

  Reply ask(String host, NotifierCommand command) {
    return ask(host, command, null);
  }

  Reply ask(String host, NotifierCommand command, @Nullable String commandId) {
    return gateway.send(host, command, commandId);
  }

  /** The names of hosts of which the topology knows something, ascending. */
  List<String> withThings() {
    return hosts(overview -> overview.get("things").asInt() > 0);
  }

  private List<String> hosts(Predicate<JsonNode> which) {
    TreeSet<String> names = new TreeSet<>();
    for (JsonNode overview : askAll(new GetOverview())) {
      if (which.test(overview)) {
        names.add(overview.get("host").asString());
      }
    }
    return List.copyOf(names);
  }

  /**
   * Asks every host that there is.
   *
   * @param query something short, that changes nothing
   * @throws ProblemException if one does not answer
   */
  List<JsonNode> askAll(NotifierCommand query) {
    List<JsonNode> answers = new ArrayList<>();
    for (Reply reply : gateway.scatter(query)) {
      JsonNode body = Json.LENIENT.readTree(reply.body());
      if (!reply.isSuccess()) {
        throw new ProblemException(
            reply.contentType().equals(Problems.CONTENT_TYPE) && reply.status() == 503
                ? Problem.unavailable(body.path("detail").asString(""))
                : new Problem("internal-error", 500, "A bug in Faultline", "A host failed"));
      }
      body.forEach(answers::add);
    }
    return answers;
  }
}
