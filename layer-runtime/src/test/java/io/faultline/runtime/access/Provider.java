package io.faultline.runtime.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** An OpenID provider as far as its tokens go: one RSA key, published over HTTP on the loopback. */
final class Provider implements AutoCloseable {

  static final String ISSUER = "https://id.example";
  static final String AUDIENCE = "faultline";

  private final RSAKey key;
  private final HttpServer server;
  private final AtomicInteger asked = new AtomicInteger();

  Provider() {
    try {
      key = new RSAKeyGenerator(2048).keyID("k1").generate();
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException | JOSEException e) {
      throw new AssertionError(e);
    }
    byte[] keys = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
    server.createContext(
        "/keys",
        exchange -> {
          asked.incrementAndGet();
          exchange.sendResponseHeaders(200, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    server.start();
  }

  String keysUrl() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/keys";
  }

  /** How often the keys were asked for. */
  int asked() {
    return asked.get();
  }

  /** Claims that are right, for somebody with that role. */
  static JWTClaimsSet.Builder claims(String role) {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience(AUDIENCE)
        .subject("ada")
        .claim("roles", List.of("something-else", role))
        .issueTime(Date.from(Instant.now()))
        .expirationTime(Date.from(Instant.now().plusSeconds(600)));
  }

  /** A token that is right but for what is changed. */
  String token(String role, UnaryOperator<JWTClaimsSet.Builder> change) {
    return signed(change.apply(claims(role)).build(), key, "k1");
  }

  /** Signed with this provider's key under another name of a key. */
  String withKeyId(String keyId) {
    return signed(claims("admin").build(), key, keyId);
  }

  /** Signed with a key of the forger's own, under the name of the provider's. */
  static String forged() {
    try {
      return signed(claims("admin").build(), new RSAKeyGenerator(2048).generate(), "k1");
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static String signed(JWTClaimsSet claims, RSAKey with, String keyId) {
    try {
      SignedJWT jwt =
          new SignedJWT(new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(keyId).build(), claims);
      jwt.sign(new RSASSASigner(with));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  /** Says that it needs no signature. */
  static String unsigned() {
    return new PlainJWT(claims("admin").build()).serialize();
  }

  /** Signed with HMAC, the provider's public key as the secret (CVE-2015-9235 and its kin). */
  String withPublicKeyAsSecret() {
    try {
      SignedJWT jwt =
          new SignedJWT(
              new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("k1").build(),
              claims("admin").build());
      jwt.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
