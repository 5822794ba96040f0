package io.faultline.runtime.access;

import org.jspecify.annotations.Nullable;

/**
 * What a request needs.
 *
 * @param method {@code PUT}; {@code GET} stands for HEAD too
 * @param pathPattern as Spring's path patterns, the same as the controller's
 * @param role who may
 * @param unlessFalse a query parameter; where it is given and is anything but {@code false}, {@link
 *     Role#OPERATOR} is needed instead; null if there is none
 */
public record AccessRule(
    String method, String pathPattern, Role role, @Nullable String unlessFalse) {}
