"""The verbs: what one does with events, attributes, organisations and keys; each takes who asks first."""
