"""What can be done about an exit: one function a verb, each inside one act."""
