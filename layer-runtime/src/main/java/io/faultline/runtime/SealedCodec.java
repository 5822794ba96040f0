package io.faultline.runtime;

import io.faultline.events.Json;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.dataformat.cbor.CBORMapper;

/**
 * Bytes for the records of one sealed interface, and back: CBOR (RFC 8949), an array of the
 * record's simple name and its components by name. Components may be added; names of records and
 * components are for ever.
 *
 * @param <T> the sealed interface
 */
public final class SealedCodec<T> {

  private static final CBORMapper CBOR =
      Json.configure(CBORMapper.builder())
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private final Class<T> root;
  private final Map<String, Class<? extends T>> records = new HashMap<>();

  public SealedCodec(Class<T> root) {
    this.root = root;
    collect(root);
  }

  private void collect(Class<?> type) {
    if (type.isSealed()) {
      for (Class<?> permitted : type.getPermittedSubclasses()) {
        collect(permitted);
      }
      return;
    }
    if (!type.isRecord()) {
      throw new IllegalArgumentException(type + " is neither sealed nor a record");
    }
    Class<?> other = records.put(type.getSimpleName(), type.asSubclass(root));
    if (other != null) {
      throw new IllegalArgumentException(type + " and " + other + " have the same simple name");
    }
  }

  public byte[] encode(T value) {
    return CBOR.writeValueAsBytes(new Object[] {value.getClass().getSimpleName(), value});
  }

  /**
   * @throws IllegalArgumentException if the bytes are no record of this interface, with the reason
   */
  public T decode(byte[] bytes) {
    try (JsonParser in = CBOR.createParser(bytes)) {
      if (in.nextToken() != JsonToken.START_ARRAY || in.nextToken() != JsonToken.VALUE_STRING) {
        throw new IllegalArgumentException("not a record of " + root.getSimpleName());
      }
      String name = in.getString();
      Class<? extends T> type = records.get(name);
      if (type == null) {
        throw new IllegalArgumentException(root.getSimpleName() + " has no record " + name);
      }
      in.nextToken();
      T value = CBOR.readValue(in, type);
      if (in.nextToken() != JsonToken.END_ARRAY) {
        throw new IllegalArgumentException("more than one record of " + root.getSimpleName());
      }
      return value;
    } catch (JacksonException e) {
      throw new IllegalArgumentException(e.getOriginalMessage(), e);
    }
  }
}
