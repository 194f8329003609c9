/**
 * Decides what is due. {@link org.bookvotes.dispatch.Dispatcher} wakes when votes were counted and
 * by the clock, looks at the {@link org.bookvotes.dispatch.StaleBacklog} and the {@link
 * org.bookvotes.dispatch.DeadRows}, and launches workers in as many slots as that is worth. Nothing
 * is kept only in memory: what is due is read from the database each time.
 */
@NullMarked
package org.bookvotes.dispatch;

import org.jspecify.annotations.NullMarked;
