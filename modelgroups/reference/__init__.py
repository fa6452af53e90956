"""Reference data: taken in from frames and files, kept as snapshots, read back exactly."""
