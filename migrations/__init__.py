"""The history of the tables, for Alembic. A migration never imports live models."""
