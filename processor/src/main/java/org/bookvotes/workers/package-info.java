/**
 * Worker slots and the workers that run in them. {@link org.bookvotes.workers.WorkerSlots} gives
 * out slots, a {@link org.bookvotes.workers.WorkerLauncher} starts a worker in one, {@link
 * org.bookvotes.workers.WorkerRunner} takes it from launch to outcome and counts the retries.
 * Nothing here knows why a command is due.
 */
@NullMarked
package org.bookvotes.workers;

import org.jspecify.annotations.NullMarked;
