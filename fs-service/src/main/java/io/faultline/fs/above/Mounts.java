package io.faultline.fs.above;

import io.faultline.events.Json;
import io.faultline.fs.below.BlockDevices;
import io.faultline.fs.core.ClaimedDevice;
import io.faultline.fs.core.FsCommand;
import io.faultline.fs.core.Spec;
import io.faultline.fs.core.Views.HoldingsView;
import io.faultline.runtime.Reply;
import io.faultline.runtime.http.Replies;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;

/**
 * Claims block devices before the command that needs them, and gives them back when the command is
 * refused. A claim is given back only by the revision that was got with it: if somebody mounted the
 * filesystem meanwhile, theirs is newer and stays.
 */
public final class Mounts {

  /** How often a claim is taken anew because events overtook its answer. */
  private static final int STALE_CLAIM_TRIES = 10;

  private final FsGateway gateway;
  private final BlockDevices devices;

  public Mounts(FsGateway gateway, BlockDevices devices) {
    this.gateway = gateway;
    this.devices = devices;
  }

  ResponseEntity<byte[]> make(String host, String filesystem, Spec spec) {
    HoldingsView existing = holdings(host, filesystem);
    boolean needsNoClaim =
        existing != null && (existing.mounted() || !existing.spec().equals(spec));
    if (needsNoClaim) {
      // It is there already, as asked or otherwise: the layer says which.
      return Replies.toResponse(
          gateway.send(host, new FsCommand.MakeFilesystem(filesystem, spec, List.of()), null));
    }
    return claimed(
        host, filesystem, spec, claims -> new FsCommand.MakeFilesystem(filesystem, spec, claims));
  }

  /**
   * Mounts.
   *
   * @param repeatable whether the client may be asking again what it asked before (it sent an
   *     Idempotency-Key): then being mounted is what it wants. The command itself cannot carry the
   *     key, because the claims in it differ from try to try.
   */
  ResponseEntity<byte[]> mount(String host, String filesystem, boolean repeatable) {
    HoldingsView existing = holdings(host, filesystem);
    if (existing != null && existing.mounted() && repeatable) {
      return Replies.toResponse(gateway.send(host, new FsCommand.GetFilesystem(filesystem), null));
    }
    if (existing == null || existing.mounted()) {
      return Replies.toResponse(
          gateway.send(host, new FsCommand.MountFilesystem(filesystem, List.of()), null));
    }
    return claimed(
        host,
        filesystem,
        existing.spec(),
        claims -> new FsCommand.MountFilesystem(filesystem, claims));
  }

  private ResponseEntity<byte[]> claimed(
      String host, String filesystem, Spec spec, Function<List<ClaimedDevice>, FsCommand> command) {
    for (int tried = 1; ; tried++) {
      switch (devices.claim(host, filesystem, spec)) {
        case BlockDevices.Claims.Refused refused -> {
          release(host, filesystem, refused.before());
          return Replies.toResponse(refused.problem());
        }
        case BlockDevices.Claims.Held held -> {
          Reply reply = gateway.send(host, command.apply(held.devices()), null);
          if (isStaleClaim(reply) && tried < STALE_CLAIM_TRIES) {
            continue;
          }
          // 503: nobody knows whether it was carried out, so the claims stay.
          if (!reply.isSuccess() && reply.status() != 503) {
            release(host, filesystem, held.devices());
          }
          return Replies.toResponse(reply);
        }
      }
    }
  }

  ResponseEntity<byte[]> unmount(String host, String filesystem, @Nullable String commandId) {
    return leave(host, filesystem, new FsCommand.UnmountFilesystem(filesystem), commandId);
  }

  ResponseEntity<byte[]> delete(String host, String filesystem) {
    return leave(host, filesystem, new FsCommand.DeleteFilesystem(filesystem), null);
  }

  private ResponseEntity<byte[]> leave(
      String host, String filesystem, FsCommand command, @Nullable String commandId) {
    HoldingsView before = holdings(host, filesystem);
    Reply reply = gateway.send(host, command, commandId);
    if (reply.isSuccess() && before != null) {
      HoldingsView after = holdings(host, filesystem);
      // The answer may be that of an earlier call: what is mounted since keeps its claims.
      if (after == null || !after.mounted()) {
        before.holdings().forEach(holding -> devices.release(host, filesystem, holding));
      }
    }
    return Replies.toResponse(reply);
  }

  /** Gives back what was claimed for nothing; not what the filesystem, if it lives, stands on. */
  private void release(String host, String filesystem, List<ClaimedDevice> claims) {
    HoldingsView living = claims.isEmpty() ? null : holdings(host, filesystem);
    for (ClaimedDevice claim : claims) {
      boolean needed =
          living != null && living.mounted() && living.spec().devices().contains(claim.device());
      if (!needed) {
        devices.release(host, filesystem, claim);
      }
    }
  }

  private @Nullable HoldingsView holdings(String host, String filesystem) {
    Reply reply = gateway.send(host, new FsCommand.GetHoldings(filesystem), null);
    return reply.isSuccess() ? Json.LENIENT.readValue(reply.body(), HoldingsView.class) : null;
  }

  private static boolean isStaleClaim(Reply reply) {
    return reply.status() == 409
        && Json.LENIENT
            .readTree(reply.body())
            .path("type")
            .asString("")
            .equals("/problems/stale-claim");
  }
}
