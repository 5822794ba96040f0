package io.faultline.dm.above;

import io.faultline.dm.below.LeafClaims;
import io.faultline.dm.core.Answers;
import io.faultline.dm.core.DmCommand;
import io.faultline.events.Json;
import io.faultline.runtime.CommandGateway;
import io.faultline.runtime.Reply;
import io.faultline.runtime.below.BlockDeviceClient.Existence;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.Replies;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** What stands on a block device, be it a device or a volume. */
@RestController
public final class BlockDeviceController {

  private static final int NOT_FOUND = 404;

  private final CommandGateway<DmCommand> gateway;
  private final LeafClaims claims;

  BlockDeviceController(CommandGateway<DmCommand> gateway, LeafClaims claims) {
    this.gateway = gateway;
    this.claims = claims;
  }

  @GetMapping("/v1/hosts/{host}/block-devices/{device}/upward")
  ResponseEntity<byte[]> upward(
      @PathVariable String host,
      @PathVariable String device,
      @RequestParam(defaultValue = "0") long sector,
      @RequestParam(required = false) @Nullable Long count) {
    Edge.name("host", host);
    Edge.name("device", device);
    long upTo = VolumeController.countUpTo(sector, count);
    Reply reply = gateway.send(host, new DmCommand.WhatIf(device, sector, upTo), null);
    if (reply.status() == NOT_FOUND && claims.find(host, device) instanceof Existence.Exists) {
      // Too new for its event to have come: nothing stands on it.
      Answers.Upward nothing = new Answers.Upward(List.of(), null);
      return Replies.toResponse(
          new Reply(200, "application/json", Json.LENIENT.writeValueAsBytes(nothing)));
    }
    return Replies.toResponse(reply);
  }
}
