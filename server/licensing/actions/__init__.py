"""What can be done in licensing: one function a verb, each one act."""
