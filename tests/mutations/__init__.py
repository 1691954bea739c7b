"""Rules of isolation broken on purpose, one at a time: ``python -m tests.mutations`` says which test notices each."""
