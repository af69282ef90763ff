"""What every door shares: templates, static files, template tags and security headers."""
