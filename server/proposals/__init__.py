"""What a policy rule proposes and a person decides: open until it is taken up, declined, or no longer founded.

Implements: A-MTG-8 (proposal and human decision; nothing is executed by a rule alone).
"""
