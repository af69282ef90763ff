"""业务流水: the append-only record of what happened. Never used to rebuild state."""
