package io.faultline.deployment.door;

import java.net.URI;
import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Where the services are, under {@code faultline.*}: {@code http://host:port} each. A name that
 * stands for several instances is resolved anew for every call.
 *
 * @param deviceServiceUrl any instance: it passes a call on to the one that has the host
 * @param door how calls are passed on
 */
@ConfigurationProperties("faultline")
record DoorProperties(
    @DefaultValue("http://127.0.0.1:8081") URI deviceServiceUrl,
    @DefaultValue("http://127.0.0.1:8082") URI dmServiceUrl,
    @DefaultValue("http://127.0.0.1:8083") URI fsServiceUrl,
    @DefaultValue("http://127.0.0.1:8084") URI notifierServiceUrl,
    @DefaultValue Door door) {

  /**
   * @param connectTimeout until the next instance of the same name is tried
   * @param answerTimeout until the first byte of an answer; the services answer 503 themselves long
   *     before
   * @param uploadTimeout the same for a call with a body, which may be gigabytes
   */
  record Door(
      @DefaultValue("1s") Duration connectTimeout,
      @DefaultValue("60s") Duration answerTimeout,
      @DefaultValue("1h") Duration uploadTimeout) {}

  URI of(Route route) {
    return switch (route) {
      case DEVICE -> deviceServiceUrl;
      case DM -> dmServiceUrl;
      case FS -> fsServiceUrl;
      case NOTIFIER -> notifierServiceUrl;
    };
  }
}
