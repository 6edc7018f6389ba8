"""The peers' client programs: one file each, run by the peers' own Python, importing nothing of ours.

Each takes a job (a JSON file: devices, user, passwords, known_hosts, commands, workers),
logs in to every device with strict host keys, reaches privileged mode, turns the pager
off, runs the commands, and prints `{"done": N, "errors": [...]}`.  A device counts as
done only where every answer came and `show version` reads as one.
"""
