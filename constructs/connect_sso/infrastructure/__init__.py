"""The constructs and the stacks: the only room that imports cdktf or a provider binding."""
