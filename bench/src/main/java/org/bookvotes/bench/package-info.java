/**
 * Measures Bookvotes beside what people would use instead, on the same work, in turn.
 *
 * <p>A {@link org.bookvotes.bench.Benchmark} lets {@link org.bookvotes.bench.Contestant}s run in
 * {@link org.bookvotes.bench.Rounds} and gives a {@link org.bookvotes.bench.Result}, of which
 * {@link org.bookvotes.bench.ResultFiles} writes JSON, Markdown and plots. Servers are containers
 * ({@link org.bookvotes.bench.PostgresServer}, {@link org.bookvotes.bench.KafkaServer}) reached by
 * their own addresses, contestants are processes of their own ({@link
 * org.bookvotes.bench.Program}), so that each pays for itself only. Linux only.
 */
@NullMarked
package org.bookvotes.bench;

import org.jspecify.annotations.NullMarked;
