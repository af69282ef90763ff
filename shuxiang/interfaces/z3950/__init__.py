"""Z39.50: other systems search the catalogue by the older protocol. A gateway in front of SRU."""
