package io.faultline.dm.core.target;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The kinds of targets that there are. */
public final class Targets {

  private static final Map<String, TargetType> BY_NAME = new TreeMap<>();

  static {
    for (TargetType type :
        List.of(
            Cache.TYPE,
            CloneTarget.TYPE,
            Crypt.TYPE,
            Delay.TYPE,
            Dust.TYPE,
            Era.TYPE,
            Flakey.TYPE,
            Integrity.TYPE,
            IoError.TYPE,
            Linear.TYPE,
            LogWrites.TYPE,
            Mirror.TYPE,
            Raid.TYPE,
            Snapshot.MERGE_TYPE,
            Snapshot.TYPE,
            SnapshotOrigin.TYPE,
            Striped.TYPE,
            Switch.TYPE,
            Thin.TYPE,
            ThinPool.TYPE,
            Unstriped.TYPE,
            Vdo.TYPE,
            Verity.TYPE,
            WriteCache.TYPE,
            Zero.TYPE)) {
      BY_NAME.put(type.name(), type);
    }
  }

  private Targets() {}

  /** The type of that name; null if there is none. */
  public static @Nullable TargetType byName(String name) {
    return BY_NAME.get(name);
  }
}
