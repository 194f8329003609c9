package org.bookvotes.contracts;

import java.io.Serial;

/**
 * Bytes that are no vote event. The message says which field is wrong and why; it is safe to log
 * and to put into a header: at most {@value #MAX_MESSAGE_LENGTH} characters, printable ASCII only,
 * whatever the bytes were.
 */
public final class MalformedVoteException extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private static final int MAX_MESSAGE_LENGTH = 200;

  /** Shortens the message and replaces what is not printable ASCII by {@code ?}. */
  public MalformedVoteException(String message) {
    super(printable(message));
  }

  /** As {@link #MalformedVoteException(String)}; the cause's own message is left as it is. */
  public MalformedVoteException(String message, Throwable cause) {
    super(printable(message), cause);
  }

  private static String printable(String message) {
    StringBuilder printable = new StringBuilder(MAX_MESSAGE_LENGTH);
    for (int i = 0; i < message.length() && i < MAX_MESSAGE_LENGTH; i++) {
      char c = message.charAt(i);
      printable.append(c >= ' ' && c <= '~' ? c : '?');
    }
    return printable.toString();
  }
}
