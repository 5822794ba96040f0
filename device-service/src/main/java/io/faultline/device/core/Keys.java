package io.faultline.device.core;

/**
 * Keys of facts: {@code device/pmem0}, {@code claim/pmem0/dm:vol0}, {@code fault/pmem0/local:…},
 * {@code part/pmem0/local:…/2048}. Names have no slash; what follows the device may have.
 */
public final class Keys {

  public static final String GENERATIONS = "generations";
  static final String DEVICE = "device";
  static final String CLAIM = "claim";
  static final String FAULT = "fault";
  static final String PART = "part";
  static final String REMOVAL = "removal";
  static final String SHARE = "share";
  static final String ACK = "ack";
  static final String SCRUB = "scrub";
  static final String PATROL = "patrol";

  private Keys() {}

  public static String device(String device) {
    return DEVICE + "/" + device;
  }

  static String claim(String device, String holder) {
    return CLAIM + "/" + device + "/" + holder;
  }

  static String fault(String device, String faultId) {
    return FAULT + "/" + device + "/" + faultId;
  }

  /**
   * @param startSector where the part begins
   */
  static String part(String device, String faultId, long startSector) {
    return PART + "/" + device + "/" + faultId + "/" + startSector;
  }

  static String removal(String device) {
    return REMOVAL + "/" + device;
  }

  static String share(String device, String holder) {
    return SHARE + "/" + device + "/" + holder;
  }

  static String ack(String device, String eventId) {
    return ACK + "/" + device + "/" + eventId;
  }

  static String scrub(String device) {
    return SCRUB + "/" + device;
  }

  static String patrol(String device) {
    return PATROL + "/" + device;
  }

  /** The device that a fact is about; empty for a fact of the host. */
  public static String deviceOf(String key) {
    String[] parts = split(key);
    return parts.length > 1 ? parts[1] : "";
  }

  /** Whether a fact says that a device exists. */
  public static boolean isDevice(String key) {
    return key.startsWith(DEVICE + "/");
  }

  static String[] split(String key) {
    return key.split("/", 3);
  }
}
