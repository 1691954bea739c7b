"""What a person must do (待办), by when, under which rule, and what happens when the day passes."""
