"""What exists in development alone: personas and sample data, always marked as such."""
