"""PyMISP's own live suites, unchanged, against fresh instances of ours."""
