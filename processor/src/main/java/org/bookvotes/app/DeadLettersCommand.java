package org.bookvotes.app;

import picocli.CommandLine.Command;

@Command(
    name = "dead-letters",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {
      "Shows the events that could not be counted, and counts those that can be counted now.",
      ""
    },
    subcommands = {ListLettersCommand.class, RedriveLettersCommand.class})
final class DeadLettersCommand {}
