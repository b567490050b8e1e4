"""``AWS::S3::Bucket`` ignores ``Tags``.

CDK marks the buckets it may empty with a tag, and its ``auto_delete_objects`` function empties no bucket
without it:
then the bucket, not empty, cannot be deleted, and ``cdk destroy`` fails.
"""

from __future__ import annotations

from typing import Any


def apply() -> None:
    """Keeps a bucket's tags when a stack creates or updates it."""
    from ministack.services import s3
    from ministack.services.cloudformation import provisioners

    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]
    create, update = handlers["create"], handlers["update"]

    def keep(bucket: str, properties: dict[str, Any]) -> None:
        tags = {tag["Key"]: tag["Value"] for tag in properties.get("Tags", [])}
        if tags:
            s3._bucket_tags[bucket] = tags
        else:
            s3._bucket_tags.pop(bucket, None)

    def tagged_create(logical_id: str, properties: dict[str, Any], stack_name: str) -> Any:
        made = create(logical_id, properties, stack_name)
        keep(made[0], properties)
        return made

    def tagged_update(physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str) -> Any:
        made = update(physical_id, old, new, stack_name)
        if old.get("Tags") != new.get("Tags"):
            keep(made[0], new)
        return made

    handlers.update(create=tagged_create, update=tagged_update)
