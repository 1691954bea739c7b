"""Public selection in the API: calls, applications, evaluation and award."""
