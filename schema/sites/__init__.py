"""Sites in the API: practice sites, service gaps, premises and entrustment agreements."""
