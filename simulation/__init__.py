"""A simulator: worlds, filled forms and deliveries for the demo, benchmarks and tests; never imported by `etl`."""
