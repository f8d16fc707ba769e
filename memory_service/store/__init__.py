"""DuckDB: the source of truth."""
