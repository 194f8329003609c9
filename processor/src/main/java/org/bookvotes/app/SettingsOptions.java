package org.bookvotes.app;

import java.util.EnumMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** Makes each {@link Setting} a flag of a command and reads it back. */
final class SettingsOptions {
  private SettingsOptions() {}

  /** Adds a flag for each of {@code settings} to {@code command}. */
  static void add(CommandSpec command, Iterable<Setting> settings) {
    for (Setting setting : settings) {
      String shown =
          setting.defaultValue().isEmpty() ? "" : " Default: " + setting.defaultValue() + ".";
      command.addOption(
          OptionSpec.builder(setting.flag())
              .type(String.class)
              .paramLabel("<" + setting.flag().substring(2) + ">")
              // "%" starts a format specifier in picocli's descriptions.
              .description(
                  (setting.description() + shown + " [" + setting.variable() + "]")
                      .replace("%", "%%"))
              .build());
    }
  }

  /** The flags that were given on the command line. */
  static Map<Setting, String> given(ParseResult parsed) {
    Map<Setting, String> given = new EnumMap<>(Setting.class);
    for (Setting setting : Setting.values()) {
      if (parsed.hasMatchedOption(setting.flag())) {
        given.put(setting, parsed.matchedOptionValue(setting.flag(), ""));
      }
    }
    return given;
  }
}
