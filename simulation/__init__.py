"""Simulated people and the loop that lives their two years, for the demo, `simulate` and the tests."""
