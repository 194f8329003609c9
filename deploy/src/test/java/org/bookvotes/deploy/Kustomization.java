package org.bookvotes.deploy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What {@code kubectl kustomize} makes of a directory. Immutable.
 *
 * @param directory where its {@code kustomization.yaml} is
 * @param manifests the objects, in the order in which they are applied
 */
public record Kustomization(Path directory, List<Manifest> manifests) {

  /** The directory {@code deploy} of the repository: Maven runs a module's tests in the module. */
  public static final Path DEPLOY = Path.of("").toAbsolutePath();

  private static final Path OVERLAYS = DEPLOY.resolve("k8s/overlays");

  // Each is built once: a build takes a process.
  private static final List<Kustomization> SHIPPED =
      List.of(build(OVERLAYS.resolve("development")), build(OVERLAYS.resolve("production")));

  /** The overlays of the repository. */
  public static List<Kustomization> shipped() {
    return SHIPPED;
  }

  /** The shipped overlay that has everything. */
  public static Kustomization production() {
    return SHIPPED.getLast();
  }

  /**
   * Builds a directory.
   *
   * @throws IllegalStateException with what kubectl said, if it cannot be built
   */
  public static Kustomization build(Path directory) {
    try {
      Path errors = Files.createTempFile("kustomize", ".err");
      Process kubectl;
      try {
        kubectl =
            new ProcessBuilder("kubectl", "kustomize", directory.toString())
                .redirectError(errors.toFile())
                .start();
      } catch (IOException e) {
        throw new IllegalStateException("kubectl is needed, dev/setup looks after it", e);
      }
      String yaml = new String(kubectl.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      int exitCode = kubectl.waitFor();
      String said = Files.readString(errors);
      Files.delete(errors);
      // A warning, such as that of a deprecated field, is a failure of tomorrow.
      if (exitCode != 0 || !said.isBlank()) {
        throw new IllegalStateException(directory + " cannot be built: " + said);
      }
      return new Kustomization(directory, parse(yaml));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Reads objects that are separated by {@code ---}. */
  static List<Manifest> parse(String yaml) throws IOException {
    YAMLMapper mapper = new YAMLMapper();
    try (var documents =
        mapper
            .readerFor(JsonNode.class)
            .<JsonNode>readValues(mapper.getFactory().createParser(yaml))) {
      return documents.readAll().stream().map(Manifest::new).toList();
    }
  }

  /** The objects of a kind. */
  public List<Manifest> ofKind(String kind) {
    return manifests.stream().filter(manifest -> manifest.kind().equals(kind)).toList();
  }

  /** The only object of a kind. */
  public Manifest only(String kind) {
    List<Manifest> found = ofKind(kind);
    if (found.size() != 1) {
      throw new IllegalStateException(this + " has not one " + kind + " but " + found);
    }
    return found.getFirst();
  }

  /** The workload itself. */
  public Manifest deployment() {
    return only("Deployment");
  }

  /** The settings: the ConfigMap whose values become environment variables. */
  public Manifest settings() {
    String name = deployment().container("bookvotes").at("/envFrom/0/configMapRef/name").asText();
    return ofKind("ConfigMap").stream()
        .filter(configMap -> configMap.name().equals(name))
        .findAny()
        .orElseThrow(() -> new IllegalStateException(this + " has no ConfigMap " + name));
  }

  @Override
  public String toString() {
    return String.valueOf(directory.getFileName());
  }
}
