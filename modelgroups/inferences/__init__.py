"""The inference log: what a version predicted, what really happened, and how both are kept."""
