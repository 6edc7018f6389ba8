"""Measure the house and write what is made from the code; not part of the program or its wheel."""
