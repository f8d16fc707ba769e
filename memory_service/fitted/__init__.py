"""Fitted coefficients: files that ship, and how they are read."""
