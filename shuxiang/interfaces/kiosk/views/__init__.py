"""The pages of the self-service machines."""
