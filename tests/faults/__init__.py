"""Faults on purpose: kills, and what must hold afterwards (TRUST §4)."""
