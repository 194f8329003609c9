/**
 * Keeps docs/sql-toolkit.md true: {@link org.bookvotes.tutorial.Tutorial} takes it apart, {@link
 * org.bookvotes.tutorial.PsqlSession} types its statements, {@link
 * org.bookvotes.tutorial.ExpectedOutput} compares.
 */
@NullMarked
package org.bookvotes.tutorial;

import org.jspecify.annotations.NullMarked;
