"""The command line: one file per command; it talks to the daemon through `agent_client` alone.

Nothing here imports the engine's libraries before a command needs them, so that `--help`,
`recall` and `status` start at once.
"""
