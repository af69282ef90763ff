"""The desk PIN: how a clerk takes over a desk in five seconds, and opens a locked one."""
