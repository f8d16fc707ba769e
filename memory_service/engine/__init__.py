"""Remember, recall and forget: the pipeline above the backend."""
