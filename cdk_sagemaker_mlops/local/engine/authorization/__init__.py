"""Who may do what, when the engine enforces IAM: ministack's evaluation, for the services that it has not.

ministack enforces roles' policies for its own services. What is here adds the services of this package, the
roles that are handed on, and what AWS does in a role's name without a request of it: polling a queue for a
function, writing its log.

Not enforced: what models and jobs do with their execution roles, resource policies of model package groups,
whether a rule may send to its target, and what CloudFormation does for whoever deploys.
"""
