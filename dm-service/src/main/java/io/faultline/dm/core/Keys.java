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

  private Keys() {}

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

  static String badPart(String prefix, String leaf, String faultId, int part) {
    return prefix + leaf + "/" + faultId + "/" + part;
  }

  static String held(String volume) {
    return HELD + volume + "/";
  }

  static String held(String volume, long number) {
    return held(volume) + String.format("%016d", number);
  }
}
