package org.bookvotes.chaos;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Builds the images of the stack that are made from this repository. */
final class Images {

  /** The processor, as it was packaged last. */
  static final String PROCESSOR = "bookvotes:chaos";

  /** iptables. */
  static final String NET = "bookvotes-chaos-net";

  private Images() {}

  /**
   * Builds both; what has not changed since the last time is not built again.
   *
   * @param root of the repository, with the packaged processor in {@code processor/target}
   */
  static void build(Path root) {
    build(
        PROCESSOR,
        "--file",
        root.resolve("deploy/docker/processor/Dockerfile").toString(),
        root.toString());
    buildNet(root);
  }

  /** Builds the one with iptables only. */
  static void buildNet(Path root) {
    build(NET, root.resolve("chaos/net").toString());
  }

  private static void build(String image, String... arguments) {
    Docker docker = new Docker(Map.of());
    String before = idOf(docker, image);
    List<String> command = new ArrayList<>(List.of("build", "--quiet", "--tag", image));
    command.addAll(List.of(arguments));
    docker.run(command.toArray(String[]::new));
    if (!before.isEmpty() && !before.equals(idOf(docker, image))) {
      try {
        docker.run("image", "rm", before);
      } catch (Docker.FailedException e) {
        // Something still uses it, or it has another name too.
      }
    }
  }

  private static String idOf(Docker docker, String image) {
    return docker.run("image", "ls", "--quiet", "--no-trunc", image).strip();
  }
}
