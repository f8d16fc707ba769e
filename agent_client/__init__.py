"""The agent's side: a light client for the memory service."""
