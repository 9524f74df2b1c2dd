"""The product beside a bare program doing the same work (SPEED §5)."""
