"""Frozen dataclasses that users pass: one module a stage, free of AWS and CDK imports."""
