"""What one index does: vectors, terms."""
