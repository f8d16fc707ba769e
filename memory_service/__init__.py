"""A standalone memory for agents: remember, recall and forget over HTTP, without an LLM."""
