"""Running a command: transaction, single writer, request keys, retries, jobs, secrets."""
