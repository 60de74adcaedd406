"""The environment file and its CSV: keys, forms and rules, read with their places."""
