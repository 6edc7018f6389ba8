"""The recipes of CONTRIBUTING.md, each followed with a fake in a copy of the checkout."""
