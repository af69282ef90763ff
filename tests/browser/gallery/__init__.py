"""A small site of every shared component, for looking at them and testing them in a browser."""
