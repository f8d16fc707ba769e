"""What entries say, one record each, in files beside the database: read without a query.

Everything here is derived; the database is the truth and serves what cannot be read here.
"""
