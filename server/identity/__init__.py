"""Members: which person holds which role in which district, from when until when.

Rights come from here and from nowhere else; a token only says who somebody is.
"""
