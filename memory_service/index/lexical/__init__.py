"""The full-text index that serves: postings by term in immutable segments, scored exactly.

The store's postings are the truth; everything here is derived from them and can be built anew.
One index holds all namespaces: its terms are hashes of namespace and term, so that a query of one
cannot meet a posting of another, and ten thousand small namespaces cost no files of their own.
"""
