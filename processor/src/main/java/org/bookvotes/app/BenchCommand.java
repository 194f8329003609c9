package org.bookvotes.app;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = {"Measures something on your own server.", ""},
    subcommands = {LaunchBenchCommand.class})
final class BenchCommand {}
