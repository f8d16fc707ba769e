"""How good rankings are: measures, intervals, equal budgets.  Pure functions over ids and numbers.

Benchmarks and the command line measure with the same ones.
"""
