@NullMarked
package org.bookvotes.chaos;

import org.jspecify.annotations.NullMarked;
