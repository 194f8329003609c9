package org.bookvotes.contracts;

/** Which way a vote goes. The names are what stands in the JSON. */
public enum Vote {
  UP,
  DOWN
}
