"""W(N): two years of N cooperatives, with totals that every implementation must match (docs/benchmarks.md)."""
