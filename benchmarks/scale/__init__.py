"""The figures of a country's size that we hold ourselves to: 10,000 cooperatives, and a list of 100,000 rows."""
