"""Members: which person holds which role in which district, narrowed to what, from when until when.

Rights come from here and from nowhere else; a token only says who somebody is.  Administrators of a district grant and
revoke them (``actions``), under rules that are the platform's own (``rules``, docs/decisions/who-grants-which-role.md): none
of the documents says who appoints whom.
"""
