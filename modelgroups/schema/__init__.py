"""What a model's columns are: inference, outputs, editing, validation, review. No I/O."""
