/** Votes into the database, part by part; whole replicas are in {@code app}. */
@NullMarked
package org.bookvotes.ingest;

import org.jspecify.annotations.NullMarked;
