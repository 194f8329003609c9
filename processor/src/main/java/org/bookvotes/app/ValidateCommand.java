package org.bookvotes.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.bookvotes.contracts.MalformedVoteException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "validate",
    mixinStandardHelpOptions = true,
    description = {
      "Checks vote events, one on each line (NDJSON), without Kafka or a database.",
      "",
      "For each line that is no event it says why, in the words that the dead letter of such an event would have. An empty"
          + " line is no event either. A line is the value of a record without headers: eventId must be in it. Whether there"
          + " are such books is not looked at.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  bookvotes validate votes.ndjson",
      "  kcat -C -b localhost:9092 -t book-votes -e -q | bookvotes validate -",
      "",
      "Exit codes: 0 all lines are events, 1 some are not, or reading failed on the way, 2 wrong usage or no such file."
    })
final class ValidateCommand implements Callable<Integer> {

  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "File with the events; - is standard input.")
  private String file = "";

  @Option(
      names = "--max-errors",
      paramLabel = "<n>",
      defaultValue = "100",
      description =
          "Stop at the n-th line that is no event; 0 goes on to the end of the file. Default: 100.")
  private long maxErrors;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (maxErrors < 0) {
      throw wrongUsage("--max-errors is " + maxErrors + ", allowed is a whole number from 0 on");
    }
    try (InputStream in = open()) {
      return validate(new EventLines(in));
    } catch (IOException e) {
      throw new IOException(unreadable(e), e);
    }
  }

  private int validate(EventLines lines) throws IOException {
    PrintWriter out = spec().commandLine().getOut();
    long malformedCount = 0;
    while ((maxErrors == 0 || malformedCount < maxErrors) && lines.next()) {
      try {
        lines.event();
      } catch (MalformedVoteException e) {
        malformedCount++;
        out.println("line " + lines.number() + ": " + e.getMessage());
      }
    }
    boolean stopped = maxErrors > 0 && malformedCount == maxErrors;
    out.printf(
        Locale.ROOT,
        "%,d lines%s: %,d events, %,d malformed%n",
        lines.number(),
        stopped ? ", then stopped" : "",
        lines.number() - malformedCount,
        malformedCount);
    return malformedCount == 0 ? 0 : 1;
  }

  private InputStream open() {
    if (file.equals("-")) {
      return System.in;
    }
    try {
      return Files.newInputStream(Path.of(file));
    } catch (IOException | InvalidPathException e) {
      throw wrongUsage(unreadable(e));
    }
  }

  /** Names of files, and with them errors, may hold anything. */
  private String unreadable(Exception e) {
    return "cannot read '" + Printable.of(file, 200) + "': " + Printable.of(e.toString(), 300);
  }

  private ParameterException wrongUsage(String message) {
    return new ParameterException(spec().commandLine(), message);
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("the command line has not been parsed");
    }
    return spec;
  }
}
