"""What the identifiers of AWS look like, as patterns for `re`."""

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
"""The id of a Connect instance, or of anything in one, as AWS writes it."""
