"""Backups: the whole database in one file with a checksum, sealed on request, and the way back."""
