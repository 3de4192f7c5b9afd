"""One module per claim: each prints a table and writes JSON. `python -m benchmarks NAME`, or all with no name."""
