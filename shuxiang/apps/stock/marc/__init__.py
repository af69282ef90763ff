"""From the bytes of a MARC file to rows ready to be written. No database is asked here, and no model
imported, so that it can run in a process of its own."""
