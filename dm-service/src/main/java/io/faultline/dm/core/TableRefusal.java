package io.faultline.dm.core;

/**
 * Why a table is not taken.
 *
 * @param line of the text, from 1
 * @param reason the kernel's words where the kernel has any, without the prefix that names the
 *     subsystem: {@code linear: Gap in table (-EINVAL)}
 * @param explanation what would be right
 */
public record TableRefusal(int line, String reason, String explanation) {}
