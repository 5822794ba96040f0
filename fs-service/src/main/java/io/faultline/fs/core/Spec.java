package io.faultline.fs.core;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What somebody asked a filesystem to be.
 *
 * @param data the block device of its data
 * @param log the block device of an external log; null for an internal one
 * @param realtime the block device of its realtime section; null if it has none
 * @param rmapbt whether it keeps a reverse map
 * @param reflink whether files may share extents
 * @param blockSizeBytes of a filesystem block
 * @param realtimeGroups whether the realtime section has groups, as kernels from 6.14 on make them:
 *     only then it can have a reverse map and shared extents
 */
public record Spec(
    String data,
    @Nullable String log,
    @Nullable String realtime,
    Dax dax,
    boolean rmapbt,
    boolean reflink,
    Policy policy,
    int blockSizeBytes,
    boolean realtimeGroups) {

  /** What mkfs takes where nobody says otherwise. */
  public static final int DEFAULT_BLOCK_BYTES = 4096;

  /** One that does not say has blocks of 4096 bytes. */
  public Spec {
    blockSizeBytes = blockSizeBytes == 0 ? DEFAULT_BLOCK_BYTES : blockSizeBytes;
  }

  public Spec(
      String data,
      @Nullable String log,
      @Nullable String realtime,
      Dax dax,
      boolean rmapbt,
      boolean reflink,
      Policy policy) {
    this(data, log, realtime, dax, rmapbt, reflink, policy, DEFAULT_BLOCK_BYTES, false);
  }

  /** The device in that role; null if it has none. */
  public @Nullable String device(Role role) {
    return switch (role) {
      case DATA -> data;
      case LOG -> log;
      case REALTIME -> realtime;
    };
  }

  /** The devices it stands on: data, then log and realtime where it has them. */
  public List<String> devices() {
    List<String> devices = new ArrayList<>(3);
    for (Role role : Role.values()) {
      String device = device(role);
      if (device != null) {
        devices.add(device);
      }
    }
    return devices;
  }
}
