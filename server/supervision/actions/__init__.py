"""What supervision can do: one function a verb, each inside one act."""
