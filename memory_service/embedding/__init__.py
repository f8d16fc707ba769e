"""Turning texts into vectors; finding, checking and loading models."""
