"""The tests, in rooms as the package has them; goldens for what reviewers read."""
