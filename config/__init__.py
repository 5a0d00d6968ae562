"""What an installation may set, and the categories of help. No secrets and no logic."""
