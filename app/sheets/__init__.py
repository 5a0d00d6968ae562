"""Spreadsheets of offers and needs, in and out. Knows no database and no web."""
