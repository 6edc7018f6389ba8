"""The commands: each reads its options, calls its flow, prints by a view, and ends with an exit code."""
