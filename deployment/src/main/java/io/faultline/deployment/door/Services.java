package io.faultline.deployment.door;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Reaches the instances of the services. One that does not even take the connection is passed over
 * for the next one of its name: it has not seen the call.
 */
final class Services {

  private final DoorProperties properties;
  private final HttpClient http;

  Services(DoorProperties properties) {
    this.properties = properties;
    this.http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(properties.door().connectTimeout())
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /**
   * Sends a request to an instance of a service.
   *
   * @param pathAndQuery raw, with its slash
   * @param request makes the request for an address; called once for each instance that is tried
   * @throws IOException if none answers
   */
  HttpResponse<InputStream> send(
      Route route, String pathAndQuery, Function<URI, HttpRequest> request) throws IOException {
    IOException unreachable = new ConnectException(properties.of(route) + " has no address");
    for (URI instance : instances(properties.of(route))) {
      try {
        return http.send(
            request.apply(URI.create(instance + pathAndQuery)), BodyHandlers.ofInputStream());
      } catch (ConnectException | HttpConnectTimeoutException notThere) {
        unreachable = notThere;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
    throw unreachable;
  }

  /** The addresses of a name. Under TLS the name itself, for that is what a certificate is for. */
  private static List<URI> instances(URI service) throws IOException {
    if (service.getScheme().equals("https")) {
      return List.of(service);
    }
    List<URI> instances = new ArrayList<>();
    for (InetAddress address : InetAddress.getAllByName(service.getHost())) {
      String literal = address.getHostAddress();
      instances.add(
          URI.create(
              service.getScheme()
                  + "://"
                  + (literal.contains(":") ? "[" + literal + "]" : literal)
                  + (service.getPort() < 0 ? "" : ":" + service.getPort())));
    }
    return instances;
  }
}
