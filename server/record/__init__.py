"""What every act leaves behind, in its own transaction: the audit entry, the outbox event, the kept answer."""
