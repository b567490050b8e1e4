"""AWS CDK constructs for SageMaker MLOps."""
