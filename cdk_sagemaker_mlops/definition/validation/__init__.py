"""Finds what SageMaker would refuse in a pipeline definition, by its API's model and by itself."""
