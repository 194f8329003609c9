package org.bookvotes.app;

import java.util.Iterator;
import org.bookvotes.contracts.Vote;
import org.bookvotes.postgres.BookCatalog.Book;

/** Books, and votes for them. The same source gives the same votes each time. Immutable. */
sealed interface VoteSource permits ZipfVotes, CsvVotes {

  /** One vote as it will be sent. */
  record BookVote(long bookId, Vote vote) {}

  /** All books that votes are for, ascending by id. */
  Iterable<Book> books();

  int bookCount();

  /** How many votes {@link #votes} gives. */
  long voteCount();

  /** The votes from the first one on, in the order of sending. */
  Iterator<BookVote> votes();
}
