package org.bookvotes.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Tells what a result was measured on. */
final class Machine {

  private Machine() {}

  /** Processor, memory, kernel and Java, by name. */
  static Map<String, String> describe() throws IOException {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put(
        "processor",
        String.format(
            Locale.ROOT,
            "%d × %s",
            Runtime.getRuntime().availableProcessors(),
            first("/proc/cpuinfo", "model name")));
    machine.put(
        "memory",
        String.format(
            Locale.ROOT,
            "%.0f GiB",
            Long.parseLong(first("/proc/meminfo", "MemTotal").replaceAll("[^0-9]", ""))
                / 1048576.0));
    machine.put("kernel", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    machine.put("Java", ManagementFactory.getRuntimeMXBean().getVmVersion());
    return machine;
  }

  private static String first(String file, String name) throws IOException {
    for (String line : Files.readAllLines(Path.of(file))) {
      if (line.startsWith(name)) {
        return line.substring(line.indexOf(':') + 1).strip();
      }
    }
    return "unknown";
  }
}
