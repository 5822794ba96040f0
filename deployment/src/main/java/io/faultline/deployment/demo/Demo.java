package io.faultline.deployment.demo;

import io.faultline.deployment.setup.SetupException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Builds the README's stack on a host of its own, {@code demo}, and lets eight of its sectors die
 * every half minute and heal half a minute later, until it is stopped.
 */
public final class Demo {

  private static final String HOST = "/v1/hosts/demo";
  private static final Duration PACE = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int SECTORS = 8;

  /**
   * The part of each device that the example's files are in, past the superblock, in clear units.
   */
  private static final int FIRST_UNIT = 16;

  private static final int UNITS = 1_200;

  private static final String JSON = "application/json";
  private static final String TEXT = "text/plain";

  private final HttpClient http = HttpClient.newHttpClient();
  private final String url;
  private final String token;

  private Demo(String url, String token) {
    this.url = url;
    this.token = token;
  }

  /**
   * @param environment {@code FAULTLINE_URL} of the front door, {@code FAULTLINE_TOKEN_FILE} of an
   *     operator's token
   * @param examples the project's folder of that name
   * @throws SetupException if Faultline does not take it
   */
  public static void run(Map<String, String> environment, Path examples, RandomGenerator random) {
    try {
      String url = environment.getOrDefault("FAULTLINE_URL", "http://127.0.0.1:8080");
      String file = environment.getOrDefault("FAULTLINE_TOKEN_FILE", "");
      Demo demo = new Demo(url, file.isEmpty() ? "" : Files.readString(Path.of(file)).strip());
      demo.build(examples);
      while (true) {
        demo.fault(random);
      }
    } catch (IOException e) {
      throw new SetupException("the demonstration cannot go on: " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void build(Path examples) throws IOException, InterruptedException {
    for (String device : new String[] {"pmem0", "pmem1"}) {
      send("PUT", "/devices/" + device, JSON, "{\"kind\":\"pmem\",\"sizeBytes\":268435456}");
    }
    Path maps = examples.resolve("xfs");
    send("PUT", "/volumes/vol0", TEXT, Files.readString(examples.resolve("tables/striped.table")));
    send("PUT", "/filesystems/data", JSON, "{\"data\":\"vol0\"}");
    String filesystem = "/filesystems/data/";
    send("PUT", filesystem + "fsmap", TEXT, Files.readString(maps.resolve("reflink.fsmap-v.txt")));
    send("PUT", filesystem + "paths", TEXT, Files.readString(maps.resolve("reflink.paths.txt")));
  }

  private void fault(RandomGenerator random) throws IOException, InterruptedException {
    long sector = random.nextLong(FIRST_UNIT, FIRST_UNIT + UNITS) * SECTORS;
    String device = "/devices/pmem" + random.nextInt(2) + "/faults";
    send("POST", device, JSON, "{\"sector\":" + sector + ",\"count\":" + SECTORS + "}");
    Thread.sleep(PACE);
    send("DELETE", device + "?sector=" + sector + "&count=" + SECTORS, TEXT, "");
    Thread.sleep(PACE);
  }

  private void send(String method, String path, String type, String body)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url + HOST + path))
            .timeout(TIMEOUT)
            .header("Content-Type", type)
            .method(method, BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("Authorization", "Bearer " + token);
    }
    HttpResponse<String> answer = http.send(request.build(), BodyHandlers.ofString());
    System.out.println(method + " " + path + ": " + answer.statusCode());
    // What is there from the last time stays as it is.
    if (answer.statusCode() >= 400 && answer.statusCode() != 409) {
      throw new IOException(method + " " + path + " was answered: " + answer.body());
    }
  }
}
