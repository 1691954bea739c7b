"""The endpoint, who is asking, health, logs: HTTP words live here and nowhere below."""
