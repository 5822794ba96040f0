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
 */
public record Spec(
    String data,
    @Nullable String log,
    @Nullable String realtime,
    Dax dax,
    boolean rmapbt,
    boolean reflink,
    Policy policy) {

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
