/**
 * What producers and the processor agree on.
 *
 * <p>A producer makes a {@link org.bookvotes.contracts.VoteEvent}; {@link
 * org.bookvotes.contracts.VoteEventSerializer} turns it into JSON by {@link
 * org.bookvotes.contracts.VoteEventCodec}; it travels on the topic {@link
 * org.bookvotes.contracts.VoteTopics#VOTES} under the key {@link
 * org.bookvotes.contracts.VoteTopics#key}, sent with {@link
 * org.bookvotes.contracts.VoteProducerSettings}. The processor reads it with {@link
 * org.bookvotes.contracts.VoteRecord}, which is the same codec and knows CloudEvents, and counts
 * it, or, if it is malformed or its book unknown, copies it to {@link
 * org.bookvotes.contracts.VoteTopics#DEAD_LETTERS} with headers that say why.
 *
 * <p>{@code vote-event.schema.json} and {@code asyncapi.yaml}, beside these classes, tell the same
 * to those who do not write Java.
 */
@NullMarked
package org.bookvotes.contracts;

import org.jspecify.annotations.NullMarked;
