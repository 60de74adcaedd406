"""The constructs, the stacks, and what writes them."""
