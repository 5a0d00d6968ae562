"""The engine beside what else could do its work: ``python -m benchmarks.engine``."""
