"""Builds what pages are given, in the words of the reader's language (web/pages has the shapes)."""
