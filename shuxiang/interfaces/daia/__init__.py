"""DAIA: discovery systems ask what is available where."""
