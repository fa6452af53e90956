"""The published SDK as the judge: the same calls through both, results compared field by field."""
