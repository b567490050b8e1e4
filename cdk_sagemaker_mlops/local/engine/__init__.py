"""The local engine: one loopback process that answers an app's AWS calls, and runs its jobs and models.

The general services (CloudFormation, Lambda, EventBridge, SQS, Step Functions, IAM, S3, ...) are ministack's.
SageMaker is this package's: a control plane with its own store, the CloudFormation types, the EventBridge
events, pipeline executions that run the deployed definition, and endpoints that serve the deployed model.

What of ministack is used beyond its public surface is listed, and checked at start, in :mod:`.seams`.
"""
