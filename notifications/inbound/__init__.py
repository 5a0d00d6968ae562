"""Mail that comes in: bytes in, out what it is. No network, no database, and nothing that a message holds can stop it."""
