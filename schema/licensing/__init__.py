"""Licensing in the API: set-up, practice licences, verification, endings, obligations."""
