"""The words of the house: what the field calls things and the rules that need no database and no framework."""
