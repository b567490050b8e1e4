"""What is deployed, on AWS or on the local engine: found, read, and acted on through the same AWS calls."""
