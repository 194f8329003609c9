package org.bookvotes.chaos;

import java.time.Duration;

/**
 * One fault of a schedule.
 *
 * @param number in the schedule, from 1
 * @param hold how long it lasts at least; alone, until the system has got over it
 * @param seed from which it draws its target and variant
 */
record Fault(int number, FaultKind kind, Duration hold, long seed) {}
