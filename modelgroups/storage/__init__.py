"""Bytes in, hash out: frames as Parquet, files named by their SHA-256. Knows no catalog."""
