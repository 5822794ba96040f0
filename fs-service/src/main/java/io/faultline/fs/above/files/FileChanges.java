package io.faultline.fs.above.files;

import io.faultline.events.Json;
import io.faultline.fs.above.FsGateway;
import io.faultline.fs.below.BlockBytes;
import io.faultline.fs.core.FileCommand;
import io.faultline.fs.core.FileViews.WritePlan;
import io.faultline.fs.core.FsCommand;
import io.faultline.ranges.Extents;
import io.faultline.runtime.Problems;
import io.faultline.runtime.Reply;
import io.faultline.runtime.core.Problem;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Carries out changes that move bytes: asks for the plan, moves them, and says how it ended. What
 * went stale meanwhile (another generation of a device, a plan that was given up) is planned anew.
 */
public final class FileChanges {

  static final int ACCEPTED = 202;
  private static final int CONFLICT = 409;
  private static final int UNAVAILABLE = 503;
  private static final int TRIES = 4;

  /** How often a change is tried that another write to the same bytes is in the way of. */
  private static final int TURNS = 100;

  private static final long TURN_NANOS = 10_000_000;

  /** The same where each answer is kept, of which a host has room for few; the turns get longer. */
  private static final int KEPT_STEPS = 16;

  private static final int LONGEST_TURN_SHIFT = 5;
  private static final byte[] NOTHING = new byte[0];

  private final FsGateway gateway;
  private final BlockBytes blocks;

  public FileChanges(FsGateway gateway, BlockBytes blocks) {
    this.gateway = gateway;
    this.blocks = blocks;
  }

  /** What a change came to. */
  record Outcome(Reply reply, @Nullable WritePlan plan) {}

  /**
   * Carries out a change that may have to move bytes of the file: 202 is its plan, another answer
   * is the end of it.
   *
   * @param commandId chosen by the client: the same is answered the same; null if it chose none
   */
  Reply change(String host, FsCommand command, @Nullable String commandId) {
    return commandId == null
        ? planned(host, command, reply -> reply.status() == ACCEPTED, NOTHING, 0).reply()
        : once(host, command, commandId, false);
  }

  /**
   * The same under a key of the client. Every step has an id of its own, made from the key, and its
   * answer is kept: who comes again walks through the answers of the first time and goes on where
   * they end.
   *
   * <pre>
   * key            202, a plan      key #end     409, it was given up
   * key #1         409, busy
   * key #2         202, a plan      key #2 #end  200
   * </pre>
   *
   * <p>A plan that was kept may be over long since, and its blocks another file's: bytes are moved
   * only while the write is under way, and moving them twice then is moving them once.
   *
   * @param again whether the command is to be sent again after its plan was carried out
   */
  private Reply once(String host, FsCommand command, String commandId, boolean again) {
    for (int step = 0; ; step++) {
      String id = step == 0 ? commandId : commandId + " #" + step;
      Reply reply = gateway.send(host, command, id);
      boolean planned = reply.status() == ACCEPTED;
      if (planned) {
        reply = finishOnce(host, reply, id + " #end");
      }
      boolean goesOn =
          planned ? reply.status() == CONFLICT || again && reply.isSuccess() : isBusy(reply);
      if (!goesOn) {
        return reply;
      }
      if (step == KEPT_STEPS) {
        return planned && !reply.isSuccess() ? notNow(reply) : reply;
      }
      if (!reply.isSuccess()) {
        LockSupport.parkNanos(TURN_NANOS << Math.min(step, LONGEST_TURN_SHIFT));
      }
    }
  }

  private Reply finishOnce(String host, Reply planned, String endId) {
    WritePlan plan = Json.LENIENT.readValue(planned.body(), WritePlan.class);
    Reply underWay =
        gateway.send(host, new FileCommand.FindWrite(plan.filesystem(), plan.write()), null);
    if (underWay.isSuccess()) {
      WriteMover.Refusal refusal =
          new WriteMover(blocks, host, plan.filesystem()).move(plan, NOTHING, 0);
      if (refusal != null) {
        return abandoned(host, plan, refusal);
      }
    } else if (underWay.status() != CONFLICT) {
      return underWay;
    }
    return gateway.send(host, new FileCommand.CommitWrite(plan.filesystem(), plan.write()), endId);
  }

  /** A load or a store, for which a page may have to be made first: then it is touched again. */
  public Reply touch(String host, FsCommand.TouchPage touch, @Nullable String commandId) {
    if (commandId != null) {
      return once(host, touch, commandId, true);
    }
    Reply reply = gateway.send(host, touch, null);
    for (int tried = 1; reply.status() == ACCEPTED || isBusy(reply); tried++) {
      Reply made = reply.status() == ACCEPTED ? carryOut(host, reply) : reply;
      if (!made.isSuccess() && !isBusy(made) || tried == TURNS) {
        return made;
      }
      LockSupport.parkNanos(isBusy(made) ? TURN_NANOS : 0);
      reply = gateway.send(host, touch, null);
    }
    return reply;
  }

  /** Moves the bytes of a plan that came without any of the caller. */
  private Reply carryOut(String host, Reply planned) {
    WritePlan plan = Json.LENIENT.readValue(planned.body(), WritePlan.class);
    WriteMover.Refusal refusal =
        new WriteMover(blocks, host, plan.filesystem()).move(plan, NOTHING, 0);
    return refusal == null
        ? gateway.send(host, new FileCommand.CommitWrite(plan.filesystem(), plan.write()), null)
        : abandoned(host, plan, refusal);
  }

  /**
   * Writes the caller's bytes.
   *
   * @param content that begins at the command's offset
   */
  Outcome write(String host, FileCommand.PlanWrite command, byte[] content) {
    Outcome outcome = planned(host, command, Reply::isSuccess, content, command.offsetBytes());
    if (outcome.reply().status() == UNAVAILABLE) {
      giveUp(host, command);
    }
    return outcome;
  }

  /**
   * Nobody knows whether the plan was made. What is sent now is carried out after it, so that it is
   * not in the way of the same write when it is sent again; one that was committed is not touched.
   */
  private void giveUp(String host, FileCommand.PlanWrite command) {
    FileCommand end =
        new FileCommand.AbandonWrite(command.filesystem(), command.write(), null, Extents.EMPTY);
    Thread.startVirtualThread(() -> gateway.send(host, end, null));
  }

  private Outcome planned(
      String host, FsCommand command, Predicate<Reply> isPlan, byte[] content, long contentOffset) {
    for (int tried = 1; ; tried++) {
      Reply reply = sendInTurn(host, command);
      if (!isPlan.test(reply)) {
        return new Outcome(reply, null);
      }
      WritePlan plan = Json.LENIENT.readValue(reply.body(), WritePlan.class);
      WriteMover.Refusal refusal =
          new WriteMover(blocks, host, plan.filesystem()).move(plan, content, contentOffset);
      Reply end =
          refusal == null
              ? gateway.send(
                  host, new FileCommand.CommitWrite(plan.filesystem(), plan.write()), null)
              : abandoned(host, plan, refusal);
      if (end.status() != CONFLICT || tried == TRIES) {
        return new Outcome(end.status() == CONFLICT ? notNow(end) : end, plan);
      }
    }
  }

  private Reply abandoned(String host, WritePlan plan, WriteMover.Refusal refusal) {
    gateway.send(
        host,
        new FileCommand.AbandonWrite(
            plan.filesystem(), plan.write(), refusal.role(), refusal.bad()),
        null);
    Problem problem = refusal.problem();
    boolean media = problem.kind().equals("media-error");
    return asReply(media ? problem.with("errno", "EIO") : problem);
  }

  /** A write to the same bytes is soon over; the kernel has a lock there. */
  private Reply sendInTurn(String host, FsCommand command) {
    Reply reply = gateway.send(host, command, null);
    for (int turn = 0; turn < TURNS && isBusy(reply); turn++) {
      LockSupport.parkNanos(TURN_NANOS);
      reply = gateway.send(host, command, null);
    }
    return reply;
  }

  private static boolean isBusy(Reply reply) {
    return reply.status() == CONFLICT && kind(reply).equals("write-under-way");
  }

  /** The kind of a problem that a layer answered; empty if it is none. */
  static String kind(Reply reply) {
    if (reply.isSuccess() || reply.body().length == 0) {
      return "";
    }
    String type = Json.LENIENT.readTree(reply.body()).path("type").asString("");
    return type.substring(type.lastIndexOf('/') + 1);
  }

  /** What was in conflict with the plan will be known to the layer in a moment. */
  static Reply notNow(Reply conflict) {
    String detail = Json.LENIENT.readTree(conflict.body()).path("detail").asString("");
    return asReply(
        Problem.unavailable(
            "What the bytes were planned for changed while they were moved; the same request may be"
                + " sent again: "
                + detail));
  }

  static Reply asReply(Problem problem) {
    return new Reply(problem.status(), Problems.CONTENT_TYPE, Problems.toJson(problem));
  }
}
