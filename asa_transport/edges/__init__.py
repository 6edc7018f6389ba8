"""The outside: SSH, the state directory, receivers of notices, secrets, files; one outside thing each."""
