"""Application Auto Scaling: what is registered is kept, checked and shown, and scales nothing.

A scalable target counts: SageMaker refuses to change the instance type of a registered variant. Policies and
scheduled actions are kept with their target and go with it. No metric is looked at, no alarm is made for a
target-tracking policy, and no schedule fires.
"""
