"""The values that cross seams."""
