"""`make bench`: how fast the tool is, as ratios of medians that were measured in turns within one run.

Each module `bench_*.py` has a function `rows()` that measures and yields what it found, row by row.
"""
