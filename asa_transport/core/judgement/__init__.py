"""Facts of a fleet to findings, and to one decision a device."""
