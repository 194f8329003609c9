package org.bookvotes.contracts;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/**
 * Producers that keep to a released schema may go on: its events are events by the present schema
 * and by the present codec. There is no release yet, so what is checked against today is the
 * present schema itself. {@code src/test/resources/released/README.md} tells what a release adds.
 */
class ReleasedSchemasTest {

  private static final Path FOLDER = Path.of("src/test/resources/released");
  private static final String VERSION =
      Objects.requireNonNull(System.getProperty("bookvotes.version"), "bookvotes.version");
  private static final int EVENTS = 5_000;

  private static final EventSchema PRESENT = EventSchema.present();

  static Stream<Arguments> schemas() throws IOException {
    List<Arguments> schemas = new ArrayList<>();
    schemas.add(Arguments.argumentSet("the present one", PRESENT.tree()));
    for (Path file : released()) {
      schemas.add(Arguments.argumentSet(file.getFileName().toString(), read(file)));
    }
    return schemas.stream();
  }

  @ParameterizedTest
  @MethodSource("schemas")
  void producersMayGoOn(JsonNode released) {
    assertThat(SchemaCompatibility.breaks(released, PRESENT.tree())).isEmpty();

    ValidEvents events = new ValidEvents(new EventSchema(released));
    Random random = new Random(27_182_818);
    for (int i = 0; i < EVENTS; i++) {
      JsonNode event = events.next(random);
      assertThat(PRESENT.errors(event)).as("%s", event).isEmpty();
      assertThat(refusal(event)).as("%s", event).isEmpty();
    }
  }

  @Test
  void aReleaseBringsItsSchemaAlong() throws IOException {
    if (VERSION.endsWith("-SNAPSHOT")) {
      assertThat(FOLDER.resolve(fileName(VERSION.replace("-SNAPSHOT", ""))))
          .as("the schema of a version that is not released yet")
          .doesNotExist();
    } else {
      Path released = FOLDER.resolve(fileName(VERSION));
      assertThat(released).as("the schema of this release").exists();
      assertThat(read(released)).isEqualTo(PRESENT.tree());
    }
  }

  @Test
  void nothingElseIsInTheFolder() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .allMatch(
              name ->
                  name.equals("README.md")
                      || name.matches("vote-event-\\d+\\.\\d+\\.\\d+\\.schema\\.json"));
    }
  }

  private static String fileName(String version) {
    return "vote-event-" + version + ".schema.json";
  }

  private static List<Path> released() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private static JsonNode read(Path file) throws IOException {
    return EventSchema.JSON.readTree(Files.readString(file));
  }

  private static String refusal(JsonNode event) {
    try {
      VoteEventCodec.decode(EventJson.utf8(event.toString()));
      return "";
    } catch (MalformedVoteException e) {
      return String.valueOf(e.getMessage());
    }
  }
}
