package io.faultline.dm.core.target;

import io.faultline.ranges.Extents;
import io.faultline.ranges.RangeConsumer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code mirror <log> <#log arguments> <log arguments> <#legs> [<device> <sector>]... [<#features>
 * <features>]}: every sector on every leg. The kernel's {@code drivers/md/dm-raid1.c} and {@code
 * drivers/md/dm-log.c}.
 *
 * @param log its words, as the kernel prints them
 * @param legs the copies, then the log's device if it has one
 */
record Mirror(
    long sectorCount,
    String log,
    int copies,
    List<Leg> legs,
    List<String> features,
    CopyLayout layout)
    implements Target {

  /** The kernel's {@code DM_KCOPYD_MAX_REGIONS} and the leg that is copied from. */
  private static final int MAX_LEGS = 9;

  private static final int MIN_REGION_SECTORS = 8;
  private static final String FORM =
      "the arguments are: log #log-arguments log-arguments #legs, a device and a sector for each"
          + " leg, [#features features]";

  static final TargetType TYPE =
      new TargetType() {
        @Override
        public String name() {
          return "mirror";
        }

        @Override
        public Parsed parse(long sectorCount, Arguments arguments) {
          if (arguments.count() < 2) {
            return Parsed.invalid("Insufficient mirror log arguments", FORM);
          }
          long logWords = arguments.unsignedInt(1);
          if (logWords == Arguments.NO_NUMBER) {
            return Parsed.invalid("Invalid mirror log argument count", FORM);
          }
          if (arguments.count() < 2 + logWords) {
            return Parsed.invalid("Insufficient mirror log arguments", FORM);
          }
          List<Leg> logLegs = new ArrayList<>();
          String log = log(arguments, (int) logWords, sectorCount, logLegs);
          if (log == null) {
            return Parsed.invalid(
                "Error creating mirror dirty log",
                "a log is: core 1 to 2 region-sectors [sync|nosync], or: disk 2 to 3 device"
                    + " region-sectors [sync|nosync]; a region is a power of 2 from 8 sectors");
          }
          return legs(sectorCount, log, logLegs, new ArgumentCursor(arguments, 2 + (int) logWords));
        }
      };

  /** The log's words as they are printed; null if there is no such log. */
  private static @Nullable String log(
      Arguments arguments, int count, long sectorCount, List<Leg> legs) {
    String type = arguments.words().get(0);
    List<String> words = arguments.words().subList(2, 2 + count);
    boolean disk = type.equals("disk");
    int before = disk ? 1 : 0;
    if (!disk && !type.equals("core") || count < before + 1 || count > before + 2) {
      return null;
    }
    StringBuilder text = new StringBuilder(type).append(' ').append(count);
    if (disk) {
      if (!(arguments.device(2) instanceof DeviceLookup.Answer.Found(String name))) {
        return null;
      }
      text.append(' ').append(name);
      legs.add(Leg.whole(name, LegRole.LOG));
    }
    if (count == before + 2) {
      String sync = words.getLast();
      if (!sync.equals("sync") && !sync.equals("nosync")) {
        return null;
      }
    }
    long region = Arguments.parse(words.get(before));
    if (region < MIN_REGION_SECTORS || Long.bitCount(region) != 1 || region > 0xFFFF_FFFFL) {
      return null;
    }
    text.append(' ').append(region);
    if (count == before + 2) {
      text.append(' ').append(words.getLast());
    }
    return text.toString();
  }

  private static Parsed legs(
      long sectorCount, String log, List<Leg> logLegs, ArgumentCursor words) {
    long count = words.read(2, MAX_LEGS);
    if (count == Arguments.NO_NUMBER) {
      return Parsed.invalid("Invalid number of mirrors", "a mirror has 2 to " + MAX_LEGS + " legs");
    }
    if (words.left() < 2 * count) {
      return Parsed.invalid("Too few mirror arguments", FORM);
    }
    List<Leg> legs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String device = String.valueOf(words.shift());
      long start = words.read(0, Long.MAX_VALUE);
      if (start == Arguments.NO_NUMBER) {
        return Parsed.invalid("Invalid offset", "the sector is a number from 0");
      }
      switch (words.device(device)) {
        case DeviceLookup.Answer.Found found -> legs.add(new Leg(found.name(), start, sectorCount));
        case DeviceLookup.Answer.NotFound none -> {
          return new Parsed.Refused("Device lookup failure", none.errno(), none.explanation());
        }
      }
    }
    legs.addAll(logLegs);
    return features(sectorCount, log, (int) count, List.copyOf(legs), words);
  }

  private static Parsed features(
      long sectorCount, String log, int copies, List<Leg> legs, ArgumentCursor words) {
    boolean handleErrors = false;
    boolean keepLog = false;
    if (words.left() > 0) {
      long count = words.read(0, Integer.MAX_VALUE);
      if (count == Arguments.NO_NUMBER) {
        return Parsed.invalid("Invalid number of features", "their number comes before them");
      }
      if (count > words.left()) {
        return Parsed.invalid("Not enough arguments to support feature count", FORM);
      }
      for (int i = 0; i < count; i++) {
        String word = String.valueOf(words.shift());
        if (word.equals("handle_errors")) {
          handleErrors = true;
        } else if (word.equals("keep_log")) {
          keepLog = true;
        } else {
          return Parsed.invalid(
              "Unrecognised feature requested", "features are: handle_errors keep_log");
        }
      }
    }
    if (keepLog && !handleErrors) {
      return Parsed.invalid(
          "keep_log feature requires the handle_errors feature", "handle_errors comes with it");
    }
    if (words.left() > 0) {
      return Parsed.invalid("Too many mirror arguments", FORM);
    }
    List<String> features = new ArrayList<>();
    if (handleErrors) {
      features.add("handle_errors");
    }
    if (keepLog) {
      features.add("keep_log");
    }
    return new Parsed.Ok(
        new Mirror(
            sectorCount,
            log,
            copies,
            legs,
            List.copyOf(features),
            CopyLayout.mirror(copies, sectorCount, new BitSet(), new BitSet())));
  }

  @Override
  public String arguments() {
    StringBuilder text = new StringBuilder(log).append(' ').append(copies);
    for (Leg leg : legs.subList(0, copies)) {
      text.append(' ').append(leg.device()).append(' ').append(leg.startSector());
    }
    if (!features.isEmpty()) {
      text.append(' ').append(features.size()).append(' ').append(String.join(" ", features));
    }
    return text.toString();
  }

  @Override
  public void forward(long offset, long count, ForwardConsumer out) {
    Leg first = legs.getFirst();
    out.piece(offset, count, first.device(), first.startSector() + offset);
    for (Leg leg : legs.subList(1, copies)) {
      out.alternative(offset, count, leg.device(), leg.startSector() + offset);
    }
  }

  @Override
  public void inverse(int leg, long legOffset, long count, RangeConsumer out) {
    out.accept(legOffset, count);
  }

  @Override
  public boolean joint() {
    return true;
  }

  @Override
  public boolean redundant() {
    return true;
  }

  @Override
  public void answer(List<Extents> bad, List<Extents> absent, EffectConsumer out) {
    layout.answer(bad.subList(0, copies), absent.subList(0, copies), out);
  }

  @Override
  public void support(int leg, long legOffset, long count, RangeConsumer out) {
    if (leg < copies) {
      out.accept(legOffset, count);
    }
  }

  @Override
  public void rebuild(
      int leg, long legOffset, long count, List<Extents> gone, Recipe.Consumer out) {
    if (leg < copies) {
      layout.rebuild(leg, legOffset, count, gone.subList(0, copies), out);
    }
  }

  @Override
  public ByteAccess bytes() {
    return ByteAccess.READ_WRITE;
  }

  @Override
  public boolean directAccess() {
    return false;
  }
}
