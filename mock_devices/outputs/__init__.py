"""Print what an ASA prints, from the state of a device."""
