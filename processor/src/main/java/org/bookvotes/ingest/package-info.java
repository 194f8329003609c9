/**
 * From Kafka into the database, each vote once. {@link org.bookvotes.ingest.VoteConsumer} owns the
 * Kafka consumer and polls, as much as {@link org.bookvotes.ingest.PollBudget} allows; {@link
 * org.bookvotes.ingest.VoteBatch} decodes a poll and sums it per book; {@link
 * org.bookvotes.ingest.VoteStore} writes it in one transaction that also moves the offsets, fenced;
 * {@link org.bookvotes.ingest.DeadLetters} takes what cannot be counted. On any doubt the batch is
 * dropped and read again from the offsets in the database.
 *
 * <p>And what was given up, from the dead-letter topic: {@link org.bookvotes.ingest.LetterReader}
 * reads letters, {@link org.bookvotes.ingest.LetterStore} tells which were not counted and counts
 * them after all.
 */
@NullMarked
package org.bookvotes.ingest;

import org.jspecify.annotations.NullMarked;
