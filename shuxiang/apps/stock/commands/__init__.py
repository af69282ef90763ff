"""The only writers of items."""
