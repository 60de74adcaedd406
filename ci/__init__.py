"""What the workflows in .github/workflows run, one program a step (`python3 -I ci/run.py NAME`), and some of `make`."""
