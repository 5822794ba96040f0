package io.faultline.device.above;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.faultline.device.core.Device;
import io.faultline.device.core.DeviceCommand;
import io.faultline.device.core.DeviceProblems;
import io.faultline.device.core.Scatter;
import io.faultline.events.ConsumedBy;
import io.faultline.ranges.Extents;
import io.faultline.ranges.SectorRange;
import io.faultline.runtime.core.Problem;
import io.faultline.runtime.http.Edge;
import io.faultline.runtime.http.ProblemException;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.annotation.JsonDeserialize;

/**
 * What is to go bad, as a request says it. Where, in exactly one form: a range of sectors, several,
 * a range of bytes, or ranges strewn by a seed, over the device or over a range of sectors.
 */
record InjectionBody(
    @Nullable Long sector,
    @Nullable Long count,
    @JsonDeserialize(using = RangePairsReader.class) long @Nullable [] ranges,
    @Nullable Long offsetBytes,
    @Nullable Long lengthBytes,
    @Nullable Scattered scatter,
    @Nullable Boolean saturate,
    @Nullable String duration,
    @JsonProperty("notify") @Nullable Boolean announced,
    @Nullable Consumer consumedBy) {

  private static final int MAX_MAPPING_ID = 255;

  /**
   * @param sectors of each range; null for 1
   */
  record Scattered(long seed, int ranges, @Nullable Long sectors) {}

  /** Whose load hit it. */
  record Consumer(long pid, @Nullable String mapping) {}

  /**
   * @param rangesPerCall ranges at most
   * @throws ProblemException if it is not well formed
   */
  DeviceCommand.Inject command(String device, int rangesPerCall) {
    boolean announce = announced == null || announced;
    ConsumedBy consumer = consumer();
    if (!announce && consumer != null) {
      throw new ProblemException(
          Problem.refused(
                  "consumed-latent",
                  "Poison that was consumed is known",
                  "consumedBy goes with notify true: a load that hit poison has found it")
              .at("/notify", "false with consumedBy"));
    }
    return new DeviceCommand.Inject(
        device,
        where(rangesPerCall),
        askedScatter(),
        saturate != null && saturate,
        askedDuration(),
        announce,
        consumer);
  }

  private Extents where(int rangesPerCall) {
    SectorRange one = range(sector, count);
    boolean bytes = offsetBytes != null || lengthBytes != null;
    int forms = (one == null || scatter != null ? 0 : 1) + (ranges == null ? 0 : 1);
    forms += (bytes ? 1 : 0) + (scatter == null ? 0 : 1);
    if (forms != 1) {
      throw new ProblemException(forms(forms));
    }
    if (ranges != null) {
      return extents(ranges, rangesPerCall);
    }
    if (bytes) {
      return Extents.of(sectorsOf(offsetBytes, lengthBytes));
    }
    return one == null ? Extents.EMPTY : Extents.of(one);
  }

  private Problem forms(int forms) {
    Problem problem =
        Problem.malformed(
            "What goes bad is said by exactly one of sector and count, ranges, offsetBytes and"
                + " lengthBytes, or scatter (over sector and count if they are there), but here are "
                + forms);
    if (forms == 0) {
      return problem.at("/sector", "missing").at("/count", "missing");
    }
    Map<String, Boolean> given = new LinkedHashMap<>();
    given.put("/sector", sector != null);
    given.put("/ranges", ranges != null);
    given.put("/offsetBytes", offsetBytes != null || lengthBytes != null);
    given.put("/scatter", scatter != null);
    for (Map.Entry<String, Boolean> form : given.entrySet()) {
      problem = form.getValue() ? problem.at(form.getKey(), "one of " + forms) : problem;
    }
    return problem;
  }

  /** Where in the body it stands what goes bad: RFC 6901. */
  String pointer() {
    if (ranges != null) {
      return "/ranges";
    }
    return offsetBytes != null ? "/offsetBytes" : "/sector";
  }

  /**
   * A range of sectors if both numbers are there; null if neither is.
   *
   * @throws ProblemException 400 if one is missing or they are no range
   */
  static @Nullable SectorRange range(@Nullable Long sector, @Nullable Long count) {
    if (sector == null && count == null) {
      return null;
    }
    if (sector == null || count == null) {
      throw Edge.malformedAt(
          sector == null ? "/sector" : "/count",
          "sector and count go together, but "
              + (sector == null ? "sector" : "count")
              + " is missing");
    }
    return Edge.sectorRangeAt(sector, count);
  }

  private static Extents extents(long[] numbers, int rangesPerCall) {
    if (numbers.length == 0 || numbers.length % 2 != 0) {
      throw new ProblemException(
          Problem.malformed(
                  "ranges are pairs of start and count, at least one, but here are "
                      + numbers.length
                      + " numbers")
              .at("/ranges", "no pairs"));
    }
    if (numbers.length / 2 > rangesPerCall) {
      throw new ProblemException(
          DeviceProblems.tooManyRanges(numbers.length / 2, rangesPerCall)
              .at("/ranges", "too many"));
    }
    Extents.Builder all = Extents.builder();
    for (int i = 0; i < numbers.length; i += 2) {
      long start = numbers[i];
      long sectors = numbers[i + 1];
      if (start < 0 || sectors < 1 || start >= Edge.NUMBER_LIMIT - sectors) {
        throw new ProblemException(
            Problem.malformed(
                    "A range starts at 0 or later, has at least 1 sector and ends below 2^53, but"
                        + " this one is "
                        + start
                        + "+"
                        + sectors)
                .at("/ranges/" + i, "no range"));
      }
      all.add(start, sectors);
    }
    return all.build();
  }

  /** Rounded out: a sector with a lost byte is lost. */
  private static SectorRange sectorsOf(@Nullable Long offset, @Nullable Long length) {
    if (offset == null || length == null) {
      String missing = offset == null ? "offsetBytes" : "lengthBytes";
      throw Edge.malformedAt(
          "/" + missing, "offsetBytes and lengthBytes go together, but " + missing + " is missing");
    }
    Edge.numberAt("/offsetBytes", offset);
    Edge.numberAt("/lengthBytes", length);
    if (length == 0 || offset >= Edge.NUMBER_LIMIT - length) {
      throw Edge.malformedAt(
          "/lengthBytes",
          "lengthBytes is at least 1 and the end below 2^53, but it is " + offset + " + " + length);
    }
    return SectorRange.between(
        offset / Device.SECTOR_BYTES, Math.ceilDiv(offset + length, Device.SECTOR_BYTES));
  }

  private @Nullable Scatter askedScatter() {
    if (scatter == null) {
      return null;
    }
    long each =
        scatter.sectors() == null ? 1 : Edge.numberAt("/scatter/sectors", scatter.sectors());
    if (scatter.ranges() < 1 || each < 1) {
      throw new ProblemException(
          Problem.malformed(
                  "scatter has at least 1 range of at least 1 sector, but it has "
                      + scatter.ranges()
                      + " of "
                      + each)
              .at("/scatter", "nothing to scatter"));
    }
    return new Scatter(scatter.seed(), scatter.ranges(), each);
  }

  private @Nullable Duration askedDuration() {
    try {
      return duration == null ? null : Duration.parse(duration);
    } catch (DateTimeException e) {
      throw Edge.malformedAt(
          "/duration",
          "duration is an ISO 8601 duration (PT10S), but it is " + Edge.quote(duration));
    }
  }

  private @Nullable ConsumedBy consumer() {
    if (consumedBy == null) {
      return null;
    }
    Edge.numberAt("/consumedBy/pid", consumedBy.pid());
    String mapping = consumedBy.mapping();
    if (mapping == null || mapping.isEmpty() || mapping.length() > MAX_MAPPING_ID) {
      throw Edge.malformedAt(
          "/consumedBy/mapping",
          "consumedBy.mapping is the id of a mapping, but it is " + Edge.quote(mapping));
    }
    return new ConsumedBy(consumedBy.pid(), mapping);
  }
}
