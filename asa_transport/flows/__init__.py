"""What the program does, without a terminal: values out, observers told."""
