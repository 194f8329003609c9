package org.bookvotes.chaos;

import java.nio.file.Path;
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
    Docker docker = new Docker(Map.of());
    docker.run(
        "build",
        "--tag",
        PROCESSOR,
        "--file",
        root.resolve("deploy/docker/processor/Dockerfile").toString(),
        root.toString());
    docker.run("build", "--tag", NET, root.resolve("chaos/net").toString());
  }
}
