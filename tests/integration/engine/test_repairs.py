"""What of the emulator is put right, through plain boto3."""

from __future__ import annotations

import json
from typing import Any


def test_a_function_has_boto3_and_nothing_of_the_engine_s(aws: Any) -> None:
    aws.function(
        "imports",
        """
        import importlib.util, os
        def handler(event, context):
            names = ("boto3", "numpy", "ministack", "cdk_sagemaker_mlops")
            return {
                "found": [name for name in names if importlib.util.find_spec(name)],
                "account": __import__("boto3").client("sts").get_caller_identity()["Account"],
                "home": os.environ["HOME"],
            }
        """,
    )

    told = aws.call_function("imports")

    assert (told["found"], told["account"]) == (["boto3"], "000000000000")
    assert told["home"].startswith(str(aws.engine.log_path.parent))


def test_an_event_s_function_is_retried(aws: Any, bucket: str) -> None:
    arn = aws.function(
        "retried",
        """
        import boto3
        def handler(event, context):
            s3 = boto3.client("s3")
            tried = s3.list_objects_v2(Bucket="models", Prefix="tries/").get("KeyCount", 0)
            s3.put_object(Bucket="models", Key=f"tries/{tried}", Body=b"")
            if tried < 1:
                raise RuntimeError("not yet")
        """,
    )
    aws.events.put_rule(Name="retried", EventPattern=json.dumps({"source": ["test.retried"]}))
    aws.events.put_targets(Rule="retried", Targets=[{"Id": "function", "Arn": arn}])

    aws.events.put_events(Entries=[{"Source": "test.retried", "DetailType": "any", "Detail": "{}"}])

    assert aws.until(lambda: len(aws.keys(bucket, "tries/")) == 2)


def test_a_fifo_queue_drops_an_event_target_s_repeated_message(aws: Any) -> None:
    attributes = {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
    url = aws.sqs.create_queue(QueueName="looks.fifo", Attributes=attributes)["QueueUrl"]
    target = {
        "Id": "queue",
        "Arn": "arn:aws:sqs:us-east-1:000000000000:looks.fifo",
        "Input": '{"look": "again"}',
        "SqsParameters": {"MessageGroupId": "one"},
    }
    aws.events.put_rule(Name="looks", EventPattern=json.dumps({"source": ["test.looks"]}))
    aws.events.put_targets(Rule="looks", Targets=[target])

    for _ in range(2):
        aws.events.put_events(Entries=[{"Source": "test.looks", "DetailType": "any", "Detail": "{}"}])

    told = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert told["ApproximateNumberOfMessages"] == "1"


def test_a_stack_s_bucket_has_its_tags(aws: Any) -> None:
    made = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged"}}
    made["Properties"]["Tags"] = [{"Key": "aws-cdk:auto-delete-objects", "Value": "true"}]  # type: ignore[index]

    aws.deploy("tagged", {"Bucket": made})

    tags = aws.s3.get_bucket_tagging(Bucket="tagged")["TagSet"]
    assert {"Key": "aws-cdk:auto-delete-objects", "Value": "true"} in tags
