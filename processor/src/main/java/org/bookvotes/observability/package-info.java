/**
 * What can be seen from outside: events of the other packages become meters and status, served over
 * HTTP. Nothing here acts on the system, and nothing here can break the work that it watches.
 */
@NullMarked
package org.bookvotes.observability;

import org.jspecify.annotations.NullMarked;
