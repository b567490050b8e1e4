"""What makes a deployment look again: rules, the queue they fill, and the function that empties it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from cdk_sagemaker_mlops.constructs.model_package_group import ModelPackageGroup
from cdk_sagemaker_mlops.constructs.naming import resource_name

# One group: SQS hands out its messages one batch after the other, so looks by events never overlap.
_MESSAGE_GROUP = "look"
# A failed look is repeated after this time, and the queue needs at least the function's own timeout.
_VISIBILITY_TIMEOUT = Duration.minutes(6)
_MOST_RECEIVES = 4
_PACKAGE_EVENT = "SageMaker Model Package State Change"
_HEAL_EVERY = Duration.hours(6)


class DeploymentTriggers(Construct):
    """Defines a FIFO queue with a dead-letter queue and its alarm, and the rules that fill it.

    The messages only mean "look again", whatever they say. For a group of another account or region, the
    account's default event bus is opened for that account's events about model packages.

    Args:
        scope: Construct this one belongs to.
        id: Name of this construct, unique within ``scope``.
        function: Looks once for each batch of messages.
        group: Group whose packages' state changes are reasons to look.
        endpoint_name: Endpoint whose state changes are reasons to look.
        encryption_key: Key of both queues. Default: SQS's own.

    Attributes:
        queue: The queue of reasons to look.
        dead_letter_queue: Where a message ends whose looks kept failing.
        dead_letter_alarm: Alarm on messages in that queue.
        sources: What starts looks; while these exist, the endpoint may be created anew.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        function: lambda_.Function,
        group: ModelPackageGroup,
        endpoint_name: str,
        encryption_key: kms.IKey | None = None,
    ) -> None:
        super().__init__(scope, id)
        encryption = sqs.QueueEncryption.SQS_MANAGED if encryption_key is None else sqs.QueueEncryption.KMS
        self.dead_letter_queue = sqs.Queue(
            self,
            "DeadLetterQueue",
            fifo=True,
            enforce_ssl=True,
            encryption=encryption,
            encryption_master_key=encryption_key,
            retention_period=Duration.days(14),
        )
        # EventBridge gives no deduplication id, so the queue derives it from the body; see _target for why
        # that never swallows a later trigger.
        self.queue = sqs.Queue(
            self,
            "Queue",
            fifo=True,
            enforce_ssl=True,
            encryption=encryption,
            encryption_master_key=encryption_key,
            content_based_deduplication=True,
            visibility_timeout=_VISIBILITY_TIMEOUT,
            dead_letter_queue=sqs.DeadLetterQueue(
                queue=self.dead_letter_queue, max_receive_count=_MOST_RECEIVES
            ),
        )
        self.dead_letter_alarm = self._alarm()
        stack = Stack.of(self)
        self.sources: list[Construct] = [
            self._rule(
                "ModelPackageRule",
                description=f"Versions of {group.name} registered, approved, rejected",
                # Any decision: a rejection rolls back to the version approved before. The bus may carry
                # events of other accounts, which may have a group of the same name.
                event_pattern=_of(
                    _PACKAGE_EVENT,
                    group.account,
                    group.region,
                    {
                        "ModelPackageGroupName": (
                            # An ARN, which is all that is known of a group elsewhere, is in lower case.
                            [group.name] if group.is_here else events.Match.equals_ignore_case(group.name)
                        )
                    },
                ),
            ),
            self._rule(
                "EndpointRule",
                description=f"Rollouts of {endpoint_name} begun and ended",
                event_pattern=_of(
                    "SageMaker Endpoint State Change",
                    stack.account,
                    stack.region,
                    {"EndpointName": [endpoint_name]},
                ),
            ),
            self._rule(
                "HealingRule",
                description=f"Makes up for events about {endpoint_name} that got lost",
                schedule=events.Schedule.rate(_HEAL_EVERY),
            ),
            self._consume(function, encryption_key),
        ]
        if not group.is_in_account:
            self._open_event_bus(group.account)

    def _rule(
        self,
        id: str,
        *,
        description: str,
        event_pattern: events.EventPattern | None = None,
        schedule: events.Schedule | None = None,
    ) -> events.Rule:
        rule = events.Rule(self, id, description=description, event_pattern=event_pattern, schedule=schedule)
        rule.add_target(self._target())
        return rule

    def _open_event_bus(self, account: str) -> None:
        """Lets another account send its events about model packages to the default event bus."""
        stack = Stack.of(self)
        bus = stack.format_arn(service="events", resource="event-bus", resource_name="default")
        statement_id = resource_name(self, max_length=64)
        events.CfnEventBusPolicy(
            self,
            "EventBusPolicy",
            event_bus_name="default",
            statement_id=statement_id,
            statement={
                "Sid": statement_id,
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{stack.partition}:iam::{account}:root"},
                "Action": "events:PutEvents",
                "Resource": bus,
                "Condition": {
                    "ForAllValues:StringEquals": {
                        "events:source": "aws.sagemaker",
                        "events:detail-type": _PACKAGE_EVENT,
                    }
                },
            },
        )

    def _target(self) -> targets.SqsQueue:
        # The event's id makes each event's body its own: a second event of the same kind within the five
        # minutes of SQS's deduplication still arrives, and the same event delivered twice does not.
        message = events.RuleTargetInput.from_object(
            {
                "id": events.EventField.event_id,
                "detail-type": events.EventField.detail_type,
                "time": events.EventField.time,
            }
        )
        return targets.SqsQueue(self.queue, message_group_id=_MESSAGE_GROUP, message=message)

    def _consume(
        self, function: lambda_.Function, encryption_key: kms.IKey | None
    ) -> lambda_.EventSourceMapping:
        # What Lambda's polling needs, and no more: AWSLambdaSQSQueueExecutionRole has the same three.
        self.queue.grant(function, "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
        if encryption_key is not None:
            encryption_key.grant_decrypt(function)
        return lambda_.EventSourceMapping(
            self,
            "EventSourceMapping",
            target=function,
            event_source_arn=self.queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
        )

    def _alarm(self) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            "DeadLetterAlarm",
            alarm_description="Looks of a model deployment keep failing; its function's log says why",
            metric=self.dead_letter_queue.metric_approximate_number_of_messages_visible(
                period=Duration.minutes(5), statistic="Maximum"
            ),
            threshold=1,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def _of(
    detail_type: str, account: str, region: str, detail: Mapping[str, Sequence[str]]
) -> events.EventPattern:
    """Returns the pattern of SageMaker's events of one kind, account and region."""
    return events.EventPattern(
        source=["aws.sagemaker"],
        detail_type=[detail_type],
        account=[account],
        region=[region],
        detail=detail,
    )
