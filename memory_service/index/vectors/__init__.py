"""The vectors of all namespaces, and what finds them."""
