package org.bookvotes.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Real books with real counts: {@code ../shared/data/goodbooks-10k.csv}, seen from the project. */
public final class Goodbooks {

  private static final Path FILE = Path.of("shared", "data", "goodbooks-10k.csv");
  // Independent of any CSV library: no title or author spans lines, and all counts are numbers.
  private static final Pattern LINE = Pattern.compile("(\\d+),(.*),(\\d+),(\\d+)");

  /** One line of the file, its text columns unread. */
  public record Counts(long bookId, long votesUp, long votesDown) {}

  private Goodbooks() {}

  /**
   * The file.
   *
   * @throws IllegalStateException if it is missing: a test without it would prove nothing
   */
  public static Path file() {
    Path start = Path.of("").toAbsolutePath();
    for (Path directory = start; directory != null; directory = directory.getParent()) {
      Path file = directory.resolve(FILE);
      if (Files.exists(file)) {
        return file;
      }
    }
    throw new IllegalStateException(FILE + " is in no directory above " + start);
  }

  /** All books of the file. */
  public static List<Counts> counts() {
    try (Stream<String> lines = Files.lines(file())) {
      return lines.skip(1).map(Goodbooks::counts).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Counts counts(String line) {
    Matcher columns = LINE.matcher(line);
    if (!columns.matches()) {
      throw new IllegalStateException("not a line of " + FILE + ": " + line);
    }
    return new Counts(
        Long.parseLong(columns.group(1)),
        Long.parseLong(columns.group(3)),
        Long.parseLong(columns.group(4)));
  }
}
