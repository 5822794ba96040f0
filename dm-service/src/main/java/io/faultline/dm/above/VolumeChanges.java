package io.faultline.dm.above;

import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.dm.core.TableForm;
import io.faultline.events.Json;
import io.faultline.ranges.Extents;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.core.Claim;
import io.faultline.runtime.core.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Changes of volumes that need claims below: the table is planned, its leaf devices are claimed,
 * the command is sent, and whatever the volume does not stand on afterwards is given back.
 */
final class VolumeChanges {

  /** How often a claim is taken again because an event overtook it. */
  private static final int TRIES = 5;

  private static final String STALE_CLAIM = "/problems/stale-claim";

  private final CommandGateway<DmCommand> gateway;
  private final LeafClaims claims;
  private final VolumeLocks locks = new VolumeLocks();

  VolumeChanges(CommandGateway<DmCommand> gateway, LeafClaims claims) {
    this.gateway = gateway;
    this.claims = claims;
  }

  /**
   * Makes the command of a table from the claims that it needs. It is another one with every claim,
   * so it has no id of the client's: a PUT that is repeated answers the same by itself.
   */
  @FunctionalInterface
  interface TableCommand {
    DmCommand with(String table, Map<String, Claim> claims);
  }

  Reply create(String host, String volume, String table, Map<String, String> devices) {
    return locks.locked(
        host,
        volume,
        () -> {
          // The name first: a device of that name is no reason to claim anything.
          Reply taken = nameTaken(host, volume);
          return taken != null
              ? taken
              : withClaims(
                  host,
                  volume,
                  table,
                  devices,
                  (checked, all) -> new DmCommand.CreateVolume(volume, checked, devices, all));
        });
  }

  Reply load(String host, String volume, String table, Map<String, String> devices) {
    return locks.locked(
        host,
        volume,
        () -> {
          Reply known = gateway.send(host, new DmCommand.GetVolume(volume), null);
          return known.isSuccess()
              ? unwrapped(
                  host,
                  volume,
                  200,
                  withClaims(
                      host,
                      volume,
                      table,
                      devices,
                      (checked, all) -> new DmCommand.LoadTable(volume, checked, devices, all)))
              : known;
        });
  }

  Reply suspend(String host, String volume, @Nullable String commandId) {
    return change(host, volume, 200, new DmCommand.Suspend(volume), commandId);
  }

  Reply resume(String host, String volume, @Nullable String commandId) {
    return locks.locked(
        host,
        volume,
        () -> {
          Problem unprotected = protect(host, volume);
          return unprotected == null
              ? unwrapped(
                  host, volume, 200, gateway.send(host, new DmCommand.Resume(volume), commandId))
              : problem(unprotected);
        });
  }

  /** A filesystem comes to stand on the volume: from now on it has to be told. */
  Reply claim(String host, String volume, String holder, @Nullable String commandId) {
    return locks.locked(
        host,
        volume,
        () -> {
          Problem unprotected = protect(host, volume);
          return unprotected == null
              ? gateway.send(host, new DmCommand.ClaimVolume(volume, holder), commandId)
              : problem(unprotected);
        });
  }

  /**
   * Sees to it that every volume from this one down has claimed what it stands on.
   *
   * @return why that cannot be; null if it is so, or if the layer itself has to say why not
   */
  private @Nullable Problem protect(String host, String volume) {
    Reply needs = gateway.send(host, new DmCommand.Needs(volume), null);
    return needs.isSuccess()
        ? claims.renew(host, Json.LENIENT.readValue(needs.body(), Answers.Plan.class).stands())
        : null;
  }

  Reply message(
      String host, String volume, long sector, String message, @Nullable String commandId) {
    DmCommand command = new DmCommand.Message(volume, sector, TableForm.message(message));
    return change(host, volume, 200, command, commandId);
  }

  /** What legs missed is copied to them from now on; what stands on no claim claims first. */
  Reply resync(String host, String volume, @Nullable String commandId) {
    return locks.locked(
        host,
        volume,
        () -> {
          Problem unprotected = protect(host, volume);
          return unprotected == null
              ? gateway.send(host, new DmCommand.Resync(volume), commandId)
              : problem(unprotected);
        });
  }

  Reply delete(String host, String volume, @Nullable String commandId) {
    return change(host, volume, 204, new DmCommand.DeleteVolume(volume), commandId);
  }

  private Reply change(
      String host, String volume, int status, DmCommand command, @Nullable String commandId) {
    return locks.locked(
        host,
        volume,
        () -> unwrapped(host, volume, status, gateway.send(host, command, commandId)));
  }

  private @Nullable Reply nameTaken(String host, String volume) {
    return switch (claims.find(host, volume)) {
      case Existence.Missing missing -> null;
      case Existence.Exists exists ->
          problem(
              Problem.conflict(
                  "name-taken",
                  "The name is taken",
                  volume + " is a device of this host; devices and volumes share one name space"));
      case Existence.Unknown(Problem problem) -> problem(problem);
    };
  }

  /** Before anything of the table is written down anywhere, what may be a key is out of it. */
  private Reply withClaims(
      String host, String volume, String table, Map<String, String> devices, TableCommand command) {
    return switch (TableForm.check(table, devices)) {
      case TableForm.Checked.Refused(Problem problem) -> problem(problem);
      case TableForm.Checked.Ok(String checked) ->
          withClaims(
              host,
              new DmCommand.PlanTable(volume, checked, devices),
              claimed -> command.with(checked, claimed));
    };
  }

  private Reply withClaims(
      String host, DmCommand.PlanTable plan, Function<Map<String, Claim>, DmCommand> command) {
    Reply planned = gateway.send(host, plan, null);
    if (!planned.isSuccess()) {
      return planned;
    }
    Answers.Plan leaves = Json.LENIENT.readValue(planned.body(), Answers.Plan.class);
    Problem unprotected = claims.renew(host, leaves.stands());
    if (unprotected != null) {
      return problem(unprotected);
    }
    Map<String, Claim> taken = new TreeMap<>();
    Reply reply = claimAndSend(host, plan.volume(), leaves, command, taken);
    if (!reply.isSuccess() && !taken.isEmpty()) {
      // After a time-out nobody knows whether it was carried out: then what is needed is unknown.
      giveBackUnneeded(host, plan.volume(), taken);
    }
    return reply;
  }

  private Reply claimAndSend(
      String host,
      String volume,
      Answers.Plan plan,
      Function<Map<String, Claim>, DmCommand> command,
      Map<String, Claim> taken) {
    Set<String> leaves =
        plan.leaves().stream()
            .map(Answers.Leaf::device)
            .collect(Collectors.toCollection(TreeSet::new));
    for (int i = 0; i < TRIES; i++) {
      Problem refused = claims.take(host, volume, leaves, taken);
      if (refused != null) {
        return problem(refused);
      }
      Reply reply = gateway.send(host, command.apply(withoutWhatIsKnown(taken, plan)), null);
      if (!isStaleClaim(reply)) {
        return reply;
      }
    }
    return problem(
        Problem.unavailable(
            "The devices of this table tell faults faster than they can be claimed; nothing was"
                + " changed"));
  }

  /** What is bad of a device that dm hears of anyway need not travel with the command. */
  private static Map<String, Claim> withoutWhatIsKnown(Map<String, Claim> all, Answers.Plan plan) {
    Map<String, Claim> slim = new TreeMap<>(all);
    for (Answers.Leaf leaf : plan.leaves()) {
      Claim claim = slim.get(leaf.device());
      if (leaf.known() && claim != null) {
        slim.put(leaf.device(), withoutFaults(claim));
      }
    }
    return slim;
  }

  private static Claim withoutFaults(Claim claim) {
    return new Claim(
        claim.generation(),
        claim.sectors(),
        claim.dax(),
        claim.logicalBlockBytes(),
        Extents.EMPTY,
        claim.sequence(),
        claim.sliceId(),
        List.of(),
        claim.revision());
  }

  private static boolean isStaleClaim(Reply reply) {
    return reply.status() == 409
        && Json.LENIENT.readTree(reply.body()).path("type").asString("").equals(STALE_CLAIM);
  }

  private void giveBackUnneeded(String host, String volume, Map<String, Claim> taken) {
    Set<String> needed = needed(host, volume);
    if (needed != null) {
      taken.forEach(
          (leaf, claim) -> {
            if (!needed.contains(leaf)) {
              claims.giveBack(host, volume, leaf, claim);
            }
          });
    }
  }

  /** The leaf devices that the volume stands on; null if nobody can say. */
  private @Nullable Set<String> needed(String host, String volume) {
    Reply reply = gateway.send(host, new DmCommand.Needs(volume), null);
    if (!reply.isSuccess()) {
      return null;
    }
    return Json.LENIENT.readValue(reply.body(), Answers.Plan.class).leaves().stream()
        .map(Answers.Leaf::device)
        .collect(Collectors.toSet());
  }

  /** The volume out of the answer, and back what it does not need any more. */
  private Reply unwrapped(String host, String volume, int status, Reply reply) {
    if (!reply.isSuccess()) {
      return reply;
    }
    JsonNode changed = Json.LENIENT.readTree(reply.body());
    List<String> released = new ArrayList<>();
    changed.path("released").values().forEach(leaf -> released.add(leaf.asString()));
    if (!released.isEmpty()) {
      // The same answer may be a second one to an old command: what is needed now counts.
      Set<String> needed = needed(host, volume);
      if (needed != null) {
        released.removeAll(needed);
        released.forEach(leaf -> claims.giveBack(host, volume, leaf));
      }
    }
    JsonNode view = changed.get("volume");
    return view == null
        ? new Reply(status, "", new byte[0])
        : new Reply(status, "application/json", Json.LENIENT.writeValueAsBytes(view));
  }

  private static Reply problem(Problem problem) {
    return new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem));
  }
}
