"""Databases of earlier versions, and what they answered then."""
