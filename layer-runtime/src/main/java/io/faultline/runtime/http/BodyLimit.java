package io.faultline.runtime.http;

/**
 * A service says with such a bean where bodies may be larger than {@link
 * BodyLimitFilter#DEFAULT_BYTES}.
 *
 * @param method {@code PUT}
 * @param pathPattern as Spring's path patterns: {@code /v1/hosts/{host}/volumes/{volume}}
 * @param maxBytes the limit; {@link Long#MAX_VALUE} where a body is streamed and bounded otherwise
 */
public record BodyLimit(String method, String pathPattern, long maxBytes) {}
