"""What exists in AWS: one module a unit, each usable alone."""
