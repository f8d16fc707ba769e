"""Pure ranking: fusion, evidence, cut, packing."""
