/**
 * The command line and the wiring. {@link org.bookvotes.app.Main} picks a command; {@link
 * org.bookvotes.app.ProcessorConfig} is the only reader of settings; {@link
 * org.bookvotes.app.Processor} puts the parts together, starts them and stops them in order. Only
 * this package sees all others.
 */
@NullMarked
package org.bookvotes.app;

import org.jspecify.annotations.NullMarked;
