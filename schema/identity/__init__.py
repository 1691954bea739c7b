"""Identity in the API: the caller, members and their rights, personal values in the clear."""
