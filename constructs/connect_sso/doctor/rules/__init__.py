"""The rules, by what they look at: each yields findings from an `Examination`."""
