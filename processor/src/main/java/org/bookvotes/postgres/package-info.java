/**
 * What the other packages need of PostgreSQL and what is not about votes or workers: connections,
 * transactions, SQL in files, the meaning of SQLSTATEs, the schema and its migration.
 */
@NullMarked
package org.bookvotes.postgres;

import org.jspecify.annotations.NullMarked;
