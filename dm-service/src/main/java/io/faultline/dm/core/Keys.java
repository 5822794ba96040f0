package io.faultline.dm.core;

/** The keys of facts. Names have no slash, so a prefix that ends in one is exact. */
final class Keys {

  static final String COUNTERS = "counters";
  static final String DEVICES = "device/";
  static final String VOLUMES = "volume/";
  static final String LIVE_TABLES = "live/";
  static final String INACTIVE_TABLES = "inactive/";
  static final String HELD = "held/";
  static final String MAPPINGS = "mappings/";
  static final String UPLOADS = "upload/";
  static final String MAP_PARTS = "part/";
  static final String REGIONS = "regions/";

  static final String COPIES = "copy/";
  static final String WRITTEN = "written/";

  private Keys() {}

  /** The newest copying of a kind that a volume had. */
  static String copy(String volume, DmFact.Copy.Kind kind) {
    return COPIES + volume + "/" + kind.word();
  }

  static String volumeOfCopy(String key) {
    return key.substring(COPIES.length(), key.indexOf('/', COPIES.length()));
  }

  /** What of a cache was written back since its map was imported. */
  static String written(String volume) {
    return WRITTEN + volume + "/";
  }

  static String written(String volume, long number) {
    return written(volume) + String.format("%016d", number);
  }

  static String volumeOfWritten(String key) {
    return key.substring(WRITTEN.length(), key.indexOf('/', WRITTEN.length()));
  }

  static String device(String device) {
    return DEVICES + device;
  }

  static String volume(String volume) {
    return VOLUMES + volume;
  }

  static String liveTable(String volume) {
    return LIVE_TABLES + volume;
  }

  static String inactiveTable(String volume) {
    return INACTIVE_TABLES + volume;
  }

  /** The map that was imported for a volume. */
  static String mappings(String volume) {
    return MAPPINGS + volume;
  }

  static String upload(String id) {
    return UPLOADS + id;
  }

  static String mapPart(String upload, int number) {
    return MAP_PARTS + upload + "/" + number;
  }

  /** What is bad of a leaf device. */
  static String badOfDevice(String device) {
    return "bad/device/" + device + "/";
  }

  /** What a suspended volume had heard of {@code lower} when it was suspended. */
  static String badAsHeard(String volume, String lower) {
    return badAsHeard(volume) + lower + "/";
  }

  static String badAsHeard(String volume) {
    return "bad/heard/" + volume + "/";
  }

  /** What legs of a redundant volume on {@code lower} missed: they count as absent there. */
  static String stale(String volume, String lower) {
    return stale(volume) + lower + "/";
  }

  static String stale(String volume) {
    return "bad/stale/" + volume + "/";
  }

  static String badPart(String prefix, BadSet.Key key, long startSector) {
    String fault = prefix + key.leaf() + "/" + key.faultId() + "/";
    return switch (key.effect()) {
      case DATA_LOST -> fault + startSector;
      case TARGET_FAILED, REDUNDANCY_LOST -> fault + key.effect().word() + "/" + startSector;
    };
  }

  /** The region tables of a volume's live table. */
  static String regions(String volume) {
    return REGIONS + volume + "/";
  }

  static String volumeOfRegions(String key) {
    return key.substring(REGIONS.length(), key.indexOf('/', REGIONS.length()));
  }

  static String regions(String volume, int row, int part) {
    return regions(volume) + row + "/" + part;
  }

  static String held(String volume) {
    return HELD + volume + "/";
  }

  static String held(String volume, long number) {
    return held(volume) + String.format("%016d", number);
  }
}
