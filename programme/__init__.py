"""What the programme is and decides: pure rules, no input or output, no clock (dates come in as arguments)."""
