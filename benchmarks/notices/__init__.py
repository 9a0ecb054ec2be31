"""Notices a second: promised, rendered, built, sent and settled durably, beside two simple ways of sending mail."""
