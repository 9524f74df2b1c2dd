"""The tests mirror the packages; the fixed cast is in cast.py."""
