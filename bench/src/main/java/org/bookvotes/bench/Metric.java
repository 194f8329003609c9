package org.bookvotes.bench;

/**
 * What a contestant is measured by.
 *
 * @param name in words, such as {@code time}
 * @param unit such as {@code s}; empty for a plain number
 */
record Metric(String name, String unit) {}
