"""Time expressions in a query, English and Chinese: which days they mean, and who is close."""
