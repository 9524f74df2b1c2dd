"""The door of HTTP: routes, negotiation, login, errors and pages (docs/architecture.md)."""
