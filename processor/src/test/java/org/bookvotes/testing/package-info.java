/**
 * Real servers for tests. {@link org.bookvotes.testing.Servers} starts one PostgreSQL and one Kafka
 * for all tests of the JVM; each test takes a {@link org.bookvotes.testing.TestDatabase} and {@link
 * org.bookvotes.testing.TestTopics} of its own there, and a server of its own only if it changes
 * what others would notice.
 */
@NullMarked
package org.bookvotes.testing;

import org.jspecify.annotations.NullMarked;
