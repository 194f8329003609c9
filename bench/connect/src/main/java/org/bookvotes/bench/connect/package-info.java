/** What Kafka Connect needs to read votes, for the peers that run in it. */
@NullMarked
package org.bookvotes.bench.connect;

import org.jspecify.annotations.NullMarked;
