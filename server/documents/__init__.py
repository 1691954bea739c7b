"""Uploaded files: behind signed URLs, with their hash, and noted wherever they are used.

Implements: BJ17-2-2d (what was handed in once is reused, never asked for twice).
"""
