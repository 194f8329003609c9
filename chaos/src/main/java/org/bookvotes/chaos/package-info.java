/**
 * Proves the promises of Bookvotes under faults. {@link org.bookvotes.chaos.Stack} starts brokers,
 * PostgreSQL and replicas; {@link org.bookvotes.chaos.VoteLoad} keeps sending votes and remembers
 * what was acknowledged; {@link org.bookvotes.chaos.Campaign} lets the faults of a seeded {@link
 * org.bookvotes.chaos.Schedule} strike and measures how long the system takes to recover; {@link
 * org.bookvotes.chaos.Oracle} compares in the end what was sent with what has become of it.
 *
 * <p>Nothing here uses the product's classes but the contract for producers: what is right is
 * worked out a second time.
 */
@NullMarked
package org.bookvotes.chaos;

import org.jspecify.annotations.NullMarked;
