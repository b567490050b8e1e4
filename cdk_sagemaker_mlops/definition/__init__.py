"""SageMaker SDK in, deterministic pipeline definition and code bundle out: no AWS, no CDK, no network."""
