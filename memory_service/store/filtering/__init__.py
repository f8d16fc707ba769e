"""Filters over columns in memory: what `store.filter_sql` means, without a query.

A column holds one field of every entry of one namespace, in the order in which they were written.
It is read from the database when a filter first asks for it, and kept up with every commit.
"""
