"""The `cdk-mlops` command."""
