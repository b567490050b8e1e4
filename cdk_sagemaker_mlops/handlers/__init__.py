"""What runs in AWS Lambda: the standard library and boto3 only."""
