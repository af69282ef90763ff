"""OAI-PMH: others harvest the catalogue."""
