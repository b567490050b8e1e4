"""Deployment guardrails: how an endpoint's traffic moves from one fleet to another.

Both fleets are real processes. Traffic is split between them by share, request by request; an instance count
only says what share a step is. Waits are scaled by the engine's ``time_scale``.
https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""
