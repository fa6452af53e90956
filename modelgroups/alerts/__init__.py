"""Alert rules: thresholds for metrics, and the alerts that they raise."""
