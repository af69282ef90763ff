"""Words every part of Shuxiang shares. Imports nothing of ours and no framework."""
