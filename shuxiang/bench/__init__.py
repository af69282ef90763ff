"""The benchmarks: each module has `run(items)` returning (name, value, unit) rows."""
