"""What a policy's rule proposes and a person decides; nothing is ever executed by a rule (A-MTG-8)."""
