"""What the workflows in .github/workflows run, one program a step (`python3 -m ci.NAME`), and some of `make`.

The programs that hold a GitHub token that can write (`approval`, `decide`, `tell`) use the standard library alone, so
that no dependency runs beside that token. Those that hold cloud credentials (`plan`, `deploy`) run in the virtualenv
and get no such token.
"""
