"""The pure half: values in, values out."""
