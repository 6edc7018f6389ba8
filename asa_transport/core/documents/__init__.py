"""The documents of the program: values to JSON, and strictly back."""
