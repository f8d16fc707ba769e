"""Measurements of the product, by command."""
