"""A tenant as a whole: written into an archive, read into an empty installation, erased when it leaves.  A root.

All of it goes by the tables' declarations, so a table that is added is exported, imported and erased on that day.
What an archive holds and promises: docs/decisions/tenant-archives.md.
"""
