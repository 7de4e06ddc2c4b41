"""Measurements behind the tables in benchmarks/README.md."""
