"""The lean read path: one statement, one round trip, the database's bytes unchanged; several requests on one connection.

``Lanes`` is the whole surface: one lane per login role, each with one pipelined connection and more on backlog.  It is
for compiled reads alone.  Whatever writes, needs a transaction of several statements, or wants Python values takes
``server.db.pools``.
"""

from server.db.lean.lanes import Lanes
from server.db.lean.limits import Limits

__all__ = ["Lanes", "Limits"]
