"""Where entries live and candidates come from."""
