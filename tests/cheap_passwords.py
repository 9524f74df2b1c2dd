"""Passwords that are hashed in milliseconds: a hash says itself how much work it wants, and a sign-in renews another's.

Servers that start cold, and tests that ask for `TODAYS_COST`, pay what the product does.
"""

from mispmini.services import passwords

TODAYS_COST = passwords.COST


def make_cheap() -> None:
    """From now on in this process, and in what it forks."""
    passwords.COST = "scrypt:1024:8:1"
