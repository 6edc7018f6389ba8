"""What people see of a run: the only printers."""
