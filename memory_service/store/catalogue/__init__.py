"""What is known of every entry without asking the database."""
