package io.faultline.device.above;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.faultline.events.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What {@code ndctl list} prints of a region or namespace, whoever printed it. A field that is not
 * here is an error: then ndctl tells more than we know of.
 *
 * @param size a number of bytes, or a text for people
 */
record NdctlListing(
    String dev,
    @Nullable String mode,
    @Nullable String map,
    JsonNode size,
    @Nullable String uuid,
    @JsonProperty("sector_size") @Nullable Long sectorSize,
    @Nullable JsonNode align,
    @Nullable String blockdev,
    @Nullable String state,
    @JsonProperty("available_size") @Nullable JsonNode availableSize,
    @JsonProperty("max_available_extent") @Nullable JsonNode maxAvailableExtent,
    @Nullable String type,
    @JsonProperty("numa_node") @Nullable Integer numaNode,
    @JsonProperty("badblock_count") @Nullable Long badblockCount,
    @Nullable List<BadBlock> badblocks,
    @JsonProperty("persistence_domain") @Nullable String persistenceDomain) {

  /** Sectors from the beginning of what is listed. */
  record BadBlock(long offset, long length, @Nullable List<String> dimms) {}

  /** One listing, or a list of them. */
  static List<NdctlListing> parse(String json) {
    JsonNode read = Json.STRICT.readTree(json);
    List<NdctlListing> listings = new ArrayList<>();
    if (read.isArray()) {
      read.forEach(each -> listings.add(parse(each)));
    } else {
      listings.add(parse(read));
    }
    return listings;
  }

  private static NdctlListing parse(JsonNode listing) {
    return Json.STRICT.treeToValue(listing, NdctlListing.class);
  }

  /** {@code 512.00 MiB (536.87 MB)} in bytes. */
  long sizeBytes() {
    if (size.isNumber()) {
      return size.asLong();
    }
    String[] words = size.asString().split(" ", 3);
    long unit =
        switch (words[1]) {
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          case "TiB" -> 1L << 40;
          default -> throw new IllegalArgumentException(size.asString());
        };
    return Math.round(Double.parseDouble(words[0]) * unit);
  }
}
