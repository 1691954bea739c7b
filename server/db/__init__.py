"""The database: connections, login roles and the unit of work, over any PostgreSQL 18 or the embedded one."""
