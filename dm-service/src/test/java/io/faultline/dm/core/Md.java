package io.faultline.dm.core;

import java.util.Arrays;

/** Where MD puts things, drawn as its documentation draws it; chunks have 8 sectors. */
final class Md {

  private static final int CHUNK = 8;

  private Md() {}

  /** For each member the chunk of data that it has in a stripe; negative for parity. */
  static int[] stripe(String type, int members, int data, int stripe) {
    int[] at = new int[members];
    Arrays.fill(at, Integer.MIN_VALUE);
    int last = members - 1;
    int p;
    int q = -1;
    int rotating = members;
    boolean continues = false;
    switch (type) {
      case "raid4" -> p = 0;
      case "raid5_n" -> p = last;
      case "raid5_la" -> p = last - stripe % members;
      case "raid5_ra" -> p = stripe % members;
      case "raid5_ls" -> {
        p = last - stripe % members;
        continues = true;
      }
      case "raid5_rs" -> {
        p = stripe % members;
        continues = true;
      }
      case "raid6_zr" -> {
        p = stripe % members;
        q = (p + 1) % members;
      }
      case "raid6_nr" -> {
        p = last - (stripe + 1) % members;
        q = (p + 1) % members;
      }
      case "raid6_nc" -> {
        p = last - (stripe + 1) % members;
        q = (p + last) % members;
        continues = true;
      }
      case "raid6_n_6" -> {
        p = last - 1;
        q = last;
      }
      default -> {
        // A raid5 over all but the last member, which has Q.
        rotating = members - 1;
        q = last;
        boolean left = type.startsWith("raid6_l");
        p = left ? rotating - 1 - stripe % rotating : stripe % rotating;
        continues = type.charAt(7) == 's';
      }
    }
    at[p] = -1;
    if (q >= 0) {
      at[q] = -2;
    }
    int next = continues ? p + 1 : 0;
    for (int i = 0; i < data; ) {
      int member = next++ % rotating;
      if (at[member] == Integer.MIN_VALUE) {
        at[member] = i++;
      }
    }
    return at;
  }

  /** Member and sector of each copy of a sector of the set. */
  static int[][] raid10(
      String format, boolean nearSets, int members, int copies, int ofMember, int sector) {
    int chunk = sector / CHUNK;
    int inChunk = sector % CHUNK;
    int[][] places = new int[copies][];
    if (format.equals("near")) {
      for (int copy = 0; copy < copies; copy++) {
        int position = chunk * copies + copy;
        places[copy] = new int[] {position % members, position / members * CHUNK + inChunk};
      }
      return places;
    }
    int set = nearSets ? members : copies;
    int lastSet = (members / set - 1) * set;
    int lastSize = set + members % set;
    int member = chunk % members;
    int row = chunk / members;
    int stride = ofMember / CHUNK / copies;
    for (int copy = 0; copy < copies; copy++) {
      int rowOfCopy = format.equals("far") ? row + copy * stride : row * copies + copy;
      places[copy] = new int[] {member, rowOfCopy * CHUNK + inChunk};
      int ownSet = member / set;
      member++;
      if (members % set != 0 && member > lastSet) {
        member = lastSet + (member - lastSet) % lastSize;
      } else {
        member = member % set + set * ownSet;
      }
    }
    return places;
  }
}
