"""``python -m modelgroups`` is the command line."""

from modelgroups.cli import main

if __name__ == "__main__":
    main()
