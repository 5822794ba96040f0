package io.faultline.runtime.access;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tokens that are made before anything runs: the first administrator's and those of the services. A
 * line each, {@code id role sha256 expires name}; {@code role} is also {@code service}, {@code
 * expires} is RFC 3339 or {@code never}. Changes are seen within two seconds.
 */
public final class TokensFile {

  private static final Logger log = LoggerFactory.getLogger(TokensFile.class);
  private static final String SERVICE = "service";
  private static final String NEVER = "never";
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._@-]{0,62}");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern ID = Pattern.compile("[0-9a-f]{20}");
  private static final long LOOK_AGAIN_NANOS = 2_000_000_000L;
  private static final int FIELDS = 5;

  private final Path path;
  private volatile Map<String, StoredToken> tokens;
  private volatile FileTime read;
  private volatile long looked = System.nanoTime();

  /**
   * @throws StartRefusedException if it cannot be read, or a line is wrong: the message names it
   */
  TokensFile(Path path) {
    this.path = path;
    try {
      this.read = Files.getLastModifiedTime(path);
      this.tokens = parse(path);
    } catch (IOException e) {
      throw new StartRefusedException(
          "faultline.access.tokens-file=" + path + " cannot be read: " + e,
          "Make it with ./run token create, or name another file");
    }
  }

  /** As the file is now; null if it has no such token. */
  @Nullable StoredToken find(String id) {
    lookAgain();
    return tokens.get(id);
  }

  Map<String, StoredToken> all() {
    lookAgain();
    return tokens;
  }

  private void lookAgain() {
    long now = System.nanoTime();
    if (now - looked < LOOK_AGAIN_NANOS) {
      return;
    }
    looked = now;
    try {
      FileTime modified = Files.getLastModifiedTime(path);
      if (!modified.equals(read)) {
        tokens = parse(path);
        read = modified;
        log.info("{} tokens read from {}", tokens.size(), path);
      }
    } catch (IOException | StartRefusedException e) {
      // Who could get in a moment ago still can: an editor that is half done locks nobody out.
      log.warn(
          "{} cannot be read just now, what it said before still holds: {}", path, e.toString());
    }
  }

  private static Map<String, StoredToken> parse(Path path) throws IOException {
    Map<String, StoredToken> found = new HashMap<>();
    int number = 0;
    for (String line : Files.readAllLines(path)) {
      number++;
      if (!line.isBlank() && !line.startsWith("#")) {
        StoredToken token = token(line.strip().split("\\s+"));
        if (token == null) {
          throw new StartRefusedException(
              path + " line " + number + " is no token",
              "A line is: id role sha256 expires name, as ./run token create writes it");
        }
        found.put(token.id(), token);
      }
    }
    return Map.copyOf(found);
  }

  private static @Nullable StoredToken token(String[] field) {
    if (field.length != FIELDS
        || !ID.matcher(field[0]).matches()
        || !HASH.matcher(field[2]).matches()
        || !NAME.matcher(field[4]).matches()) {
      return null;
    }
    boolean service = field[1].equals(SERVICE);
    Role role = service ? Role.OPERATOR : Role.ofCredential(field[1]);
    if (role == null) {
      return null;
    }
    try {
      return new StoredToken(
          field[0],
          service ? StoredToken.Kind.SERVICE : StoredToken.Kind.TOKEN,
          field[4],
          role,
          field[2],
          Instant.EPOCH,
          "",
          field[3].equals(NEVER) ? null : Instant.parse(field[3]),
          null,
          null);
    } catch (DateTimeException e) {
      return null;
    }
  }

  /** Whether a token may have this name. */
  static boolean isName(@Nullable String text) {
    return text != null && NAME.matcher(text).matches();
  }

  /**
   * Makes a token while nothing runs (or while everything does): its hash is added to a file of
   * tokens, itself is written to a file of its own, which only its owner may read.
   *
   * @param tokens made if it is not there
   * @param secret must not be there
   * @param role {@code viewer}, {@code operator}, {@code admin} or {@code service}
   * @param expires null: never
   * @throws IllegalArgumentException if the role or the name is none; the message says what is
   *     right
   */
  public static void create(
      Path tokens, Path secret, String role, String name, @Nullable Instant expires)
      throws IOException {
    if (!role.equals(SERVICE) && Role.ofCredential(role) == null) {
      throw new IllegalArgumentException(
          "a role is viewer, operator, admin or service, not \"" + role + "\"");
    }
    if (!isName(name)) {
      throw new IllegalArgumentException(
          "the name of a token is " + NAME.pattern() + ", not \"" + name + "\"");
    }
    ApiToken token = ApiToken.random(new SecureRandom());
    createPrivate(secret);
    Files.writeString(secret, token.text() + "\n", StandardCharsets.US_ASCII);
    if (!Files.exists(tokens)) {
      createPrivate(tokens);
    }
    String line =
        String.join(
            " ",
            token.id(),
            role,
            token.hash(),
            expires == null ? NEVER : expires.toString(),
            name);
    Files.writeString(tokens, line + "\n", StandardOpenOption.APPEND);
  }

  /** Readable by its owner alone from the first moment. */
  private static void createPrivate(Path file) throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
    if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    } else {
      Files.createFile(file);
    }
  }
}
