package org.bookvotes.bench;

import com.github.dockerjava.api.model.Network.Ipam;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;

/**
 * The network of the servers, with addresses that are known before a container starts. Contestants
 * reach them there, from the host: a published port would lead every byte through a proxy process.
 */
final class BenchNetwork implements AutoCloseable {

  private static final String PREFIX = "172.29.243.";

  private final Network network =
      Network.builder()
          .createNetworkCmdModifier(
              command ->
                  command.withIpam(
                      new Ipam().withConfig(new Ipam.Config().withSubnet(PREFIX + "0/24"))))
          .build();

  /**
   * Puts a container into this network.
   *
   * @param number last part of the address
   * @return the address
   */
  String join(GenericContainer<?> container, int number) {
    String address = PREFIX + number;
    container
        .withNetwork(network)
        .withCreateContainerCmdModifier(command -> command.withIpv4Address(address));
    return address;
  }

  @Override
  public void close() {
    network.close();
  }
}
