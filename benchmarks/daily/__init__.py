"""T(E, D): one morning with D due among E enrolled, which must not cost more when E grows (docs/benchmarks.md)."""
