package io.faultline.dm.core.target;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The types of sets that the raid target knows, by their names in a table. */
enum RaidType {
  RAID0(0, 0, null),
  RAID1(1, 0, null),
  RAID10_FAR(10, 0, null),
  RAID10_OFFSET(10, 0, null),
  RAID10_NEAR(10, 0, null),
  RAID10(10, 0, null),
  RAID4(5, 1, ParityLayout.Algorithm.PARITY_0),
  RAID5_N(5, 1, ParityLayout.Algorithm.PARITY_N),
  RAID5_LS(5, 1, ParityLayout.Algorithm.LEFT_SYMMETRIC),
  RAID5_RS(5, 1, ParityLayout.Algorithm.RIGHT_SYMMETRIC),
  RAID5_LA(5, 1, ParityLayout.Algorithm.LEFT_ASYMMETRIC),
  RAID5_RA(5, 1, ParityLayout.Algorithm.RIGHT_ASYMMETRIC),
  RAID6_ZR(6, 2, ParityLayout.Algorithm.ROTATING_ZERO_RESTART),
  RAID6_NR(6, 2, ParityLayout.Algorithm.ROTATING_N_RESTART),
  RAID6_NC(6, 2, ParityLayout.Algorithm.ROTATING_N_CONTINUE),
  RAID6_N_6(6, 2, ParityLayout.Algorithm.PARITY_N),
  RAID6_LS_6(6, 2, ParityLayout.Algorithm.LEFT_SYMMETRIC_6),
  RAID6_RS_6(6, 2, ParityLayout.Algorithm.RIGHT_SYMMETRIC_6),
  RAID6_LA_6(6, 2, ParityLayout.Algorithm.LEFT_ASYMMETRIC_6),
  RAID6_RA_6(6, 2, ParityLayout.Algorithm.RIGHT_ASYMMETRIC_6);

  final int level;
  final int parityMembers;
  final ParityLayout.@Nullable Algorithm algorithm;

  RaidType(int level, int parityMembers, ParityLayout.@Nullable Algorithm algorithm) {
    this.level = level;
    this.parityMembers = parityMembers;
    this.algorithm = algorithm;
  }

  /** As it is written in a table: {@code raid5_ls}. */
  String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The type of that name, in whatever case; null if there is none. */
  static @Nullable RaidType byWord(String word) {
    for (RaidType type : values()) {
      if (type.word().equalsIgnoreCase(word)) {
        return type;
      }
    }
    return null;
  }

  boolean hasParity() {
    return parityMembers > 0;
  }
}
