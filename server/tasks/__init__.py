"""What somebody must do 待办, in which case, by when, under which rule, and what follows when the day passes.

Areas open tasks and finish them inside their own acts.  A task reminds; it decides nothing.
"""
