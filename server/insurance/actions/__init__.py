"""What can be done in a designation case: one function a verb, by the party that takes the step."""
