"""What only a real browser shows: layout, keys, dialogs, and that nothing needs them."""
