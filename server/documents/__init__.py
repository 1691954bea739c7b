"""Uploaded files behind signed URLs, with their hashes; what was once submitted is reused (BJ17-2-2d)."""
