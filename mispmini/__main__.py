"""`python -m mispmini` is the command line."""

from mispmini.main import main

if __name__ == "__main__":
    main()
