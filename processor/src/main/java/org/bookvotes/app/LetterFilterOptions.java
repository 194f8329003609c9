package org.bookvotes.app;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bookvotes.contracts.VoteTopics;
import org.bookvotes.ingest.LetterFilter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The flags that say which letters are meant. */
final class LetterFilterOptions {

  /** From and to, both included. */
  private record Offsets(long first, long last) {}

  @Option(
      names = "--reason",
      paramLabel = "<reason>",
      converter = ReasonConverter.class,
      description = "Only letters with this reason: malformed, unknown-book or refused.")
  private @Nullable String reason;

  @Option(
      names = "--partition",
      paramLabel = "<n>",
      converter = PartitionConverter.class,
      description =
          "Only letters of events that came from this partition of the votes topic, not of the dead-letter topic.")
  private @Nullable Integer partition;

  @Option(
      names = "--offsets",
      paramLabel = "<from>-<to>",
      converter = OffsetsConverter.class,
      description =
          "Only letters of events that had these offsets on the votes topic, both included: 100-199, 100- from there on,"
              + " -199 up to there, 100 this one.")
  private @Nullable Offsets offsets;

  LetterFilter filter() {
    return new LetterFilter(
        reason,
        partition,
        offsets == null ? 0 : offsets.first(),
        offsets == null ? Long.MAX_VALUE : offsets.last());
  }

  private static final class ReasonConverter implements ITypeConverter<String> {
    private static final List<String> REASONS =
        List.of(
            VoteTopics.REASON_MALFORMED, VoteTopics.REASON_UNKNOWN_BOOK, VoteTopics.REASON_REFUSED);

    @Override
    public String convert(String text) {
      if (!REASONS.contains(text)) {
        throw invalid(text, "one of " + String.join(", ", REASONS));
      }
      return text;
    }
  }

  private static final class PartitionConverter implements ITypeConverter<Integer> {
    @Override
    public Integer convert(String text) {
      try {
        int number = Integer.parseInt(text);
        if (number >= 0) {
          return number;
        }
      } catch (NumberFormatException e) {
        throw invalid(text, "a whole number from 0 on");
      }
      throw invalid(text, "a whole number from 0 on");
    }
  }

  private static final class OffsetsConverter implements ITypeConverter<Offsets> {
    private static final String ALLOWED =
        "offsets such as 100-199, 100-, -199 or 100, the first not behind the last";
    private static final Pattern RANGE =
        Pattern.compile("(?=.*[0-9])([0-9]{0,18})(?:(-)([0-9]{0,18}))?");

    @Override
    public Offsets convert(String text) {
      Matcher range = RANGE.matcher(text);
      if (!range.matches()) {
        throw invalid(text, ALLOWED);
      }
      long first = range.group(1).isEmpty() ? 0 : Long.parseLong(range.group(1));
      long last =
          range.group(2) == null
              ? first
              : range.group(3).isEmpty() ? Long.MAX_VALUE : Long.parseLong(range.group(3));
      if (first > last) {
        throw invalid(text, ALLOWED);
      }
      return new Offsets(first, last);
    }
  }

  private static TypeConversionException invalid(String text, String allowed) {
    return new TypeConversionException("'" + Printable.of(text, 100) + "', allowed is " + allowed);
  }
}
