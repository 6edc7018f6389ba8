"""The composition root: commands, exit codes, and the only printer."""
