"""The pages: what people open in a browser, and what their calendars read."""
