"""预约、预借: placing, changing and ending holds, and where a copy goes that somebody waits for."""
