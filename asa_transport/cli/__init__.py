"""The command line: options, commands, views, exit codes."""
