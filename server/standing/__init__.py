"""Standing: what the policies in force say about an institution on a day, from the facts that all areas keep.

The top of the areas: it alone knows which area offers which facts.  A register that no area keeps yet is not consulted, and
the facts that rest on it stay missing: a decision then says what is to be found out, never that there was nothing.
"""
