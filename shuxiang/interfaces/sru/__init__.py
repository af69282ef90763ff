"""SRU: other systems search the catalogue."""
