"""Accounts: signing in and out, passwords."""
