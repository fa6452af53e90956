"""What is found out about a model from what it received: fairer thresholds, weak spots, reasons."""
