"""`python -m mmdemo`."""

from mmdemo.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
