from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from cdk_sagemaker_mlops.handlers import aws_calls
from cdk_sagemaker_mlops.handlers.model_deployment import containers
from cdk_sagemaker_mlops.handlers.model_deployment.controller import look
from cdk_sagemaker_mlops.handlers.model_deployment.decisions import Failed, Settled
from cdk_sagemaker_mlops.handlers.model_deployment.removal import remove_for_good
from cdk_sagemaker_mlops.handlers.model_deployment.sagemaker_api import SageMakerApi
from cdk_sagemaker_mlops.handlers.model_deployment.settings import Settings

ENDPOINT = "churn"
OTHER = "210987654321"
Deploy = Callable[..., None]


def test_another_accounts_packages_are_deployed_as_they_are(
    fake: Any, settings: Settings, deploy: Deploy
) -> None:
    group = fake.create_group("shared", account=OTHER)
    fake.deny("UpdateModelPackage")
    package = fake.register(group, approval="Approved")
    settings = replace(settings, model_package_group=group)
    deploy(settings)
    assert fake.served(ENDPOINT) == package
    fake.calls.clear()
    assert isinstance(look(settings), Settled)
    assert fake.changes == []


def test_what_failed_is_remembered_although_the_registry_takes_no_marks(
    fake: Any, settings: Settings, deploy: Deploy
) -> None:
    group = fake.create_group("shared", account=OTHER)
    fake.deny("UpdateModelPackage")
    settings = replace(settings, model_package_group=group)
    fake.register(group, approval="Approved")
    deploy(settings)
    fake.register(group, approval="Approved")
    look(settings)
    fake.roll_back(ENDPOINT)
    for _ in range(3):
        assert isinstance(look(settings), Failed)
    assert len(fake.called("UpdateEndpoint")) == 1


@pytest.fixture
def there(fake: Any) -> Any:
    """The registry's region."""
    return fake.elsewhere("us-east-1")


@pytest.fixture
def elsewhere(there: Any, settings: Settings) -> Settings:
    group = there.create_group("shared")
    registries = {"683313688378": "141502667606"}
    hosting = {**settings.hosting, "ImageRegistries": registries, "ArtifactBucket": "churn-copies"}
    return replace(settings, model_package_group=group, hosting=hosting)


def register(fake: Any, there: Any, container: dict[str, Any] | None = None, **more: Any) -> str:
    fake.objects["models-there", "churn/1/model.tar.gz"] = b"weights"
    usual = {
        "Image": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
        "ModelDataUrl": "s3://models-there/churn/1/model.tar.gz",
        "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "LOG": "0"},
    }
    package: str = there.register(
        "shared", approval="Approved", containers=[usual if container is None else container], **more
    )
    return package


def test_another_regions_packages_are_deployed_from_copies(
    fake: Any, there: Any, elsewhere: Settings, deploy: Deploy
) -> None:
    register(fake, there)
    settings = replace(elsewhere, hosting={**elsewhere.hosting, "Model": {"Environment": {"LOG": "1"}}})
    deploy(settings)
    (model,) = fake.models.values()
    assert model["Containers"] == [
        {
            "Image": "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3",
            "ModelDataUrl": f"s3://churn-copies/models/{model['ModelName']}.tar.gz",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py", "LOG": "1"},
        }
    ]
    assert fake.objects["churn-copies", f"models/{model['ModelName']}.tar.gz"] == b"weights"
    fake.calls.clear()
    assert isinstance(look(settings), Settled)
    assert len(fake.calls) == 4


def test_an_artifact_is_copied_once(fake: Any, there: Any, elsewhere: Settings) -> None:
    register(fake, there)
    fake.fail_next("CreateEndpoint", "ThrottlingException", "Rate exceeded")
    with pytest.raises(Exception, match="Rate exceeded"):
        look(elsewhere)
    look(elsewhere)
    assert len(fake.called("CopyObject")) == 1


def test_copies_go_with_their_models(fake: Any, there: Any, elsewhere: Settings, deploy: Deploy) -> None:
    settings = replace(elsewhere, hosting={**elsewhere.hosting, "KeepVersions": 1})
    for _ in range(3):
        register(fake, there)
        deploy(settings)
    copies = [key for bucket, key in fake.objects if bucket == "churn-copies"]
    assert copies == [f"models/{name}.tar.gz" for name in fake.models]
    assert len(copies) == 2
    fake.deletes_at_once = True
    api = SageMakerApi(settings)
    while not remove_for_good(settings, api):
        pass
    assert [bucket for bucket, _ in fake.objects if bucket == "churn-copies"] == []


@pytest.mark.parametrize(
    ("container", "why"),
    [
        (
            {
                "Image": "image",
                "ModelDataSource": {
                    "S3DataSource": {
                        "S3Uri": "s3://models-there/raw/",
                        "S3DataType": "S3Prefix",
                        "CompressionType": "None",
                    }
                },
            },
            "uncompressed artifact",
        ),
        (
            {"Image": "image", "ModelDataUrl": "s3://models-there/none.tar.gz"},
            "the artifact s3://models-there/none.tar.gz does not exist",
        ),
    ],
)
def test_fails_with_the_reason_when_a_package_cannot_be_copied(
    fake: Any, there: Any, elsewhere: Settings, container: dict[str, Any], why: str
) -> None:
    register(fake, there, container)
    result = look(elsewhere)
    assert isinstance(result, Failed)
    assert why in result.reason


def test_fails_when_a_package_has_several_containers(fake: Any, there: Any, elsewhere: Settings) -> None:
    there.register("shared", approval="Approved", containers=[{"Image": "a"}, {"Image": "b"}])
    result = look(elsewhere)
    assert isinstance(result, Failed)
    assert "has 2 containers" in result.reason


def test_the_mark_is_written_where_the_package_is(
    fake: Any, there: Any, elsewhere: Settings, deploy: Deploy
) -> None:
    package = register(fake, there)
    deploy(elsewhere)
    metadata = there.packages[package]["CustomerMetadataProperties"]
    # Under the region of the endpoint, so that several regions' marks do not meet.
    assert metadata["cdk-mlops/123456789012/eu-west-1/churn"].startswith("deployed ")


def test_a_large_artifact_is_copied_in_parts_at_the_same_time(
    fake: Any, there: Any, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(fake, there)
    monkeypatch.setattr(containers, "_SMALL_COPY_IN_BYTES", 3)
    copied: list[tuple[Any, ...]] = []
    here = aws_calls.client("s3", read_timeout=120)
    monkeypatch.setattr(here, "copy", lambda *what, **_: copied.append(what))
    with pytest.raises(Exception, match="Could not access model data"):
        look(elsewhere)
    ((source, bucket, key),) = copied[-1:]
    assert source == {"Bucket": "models-there", "Key": "churn/1/model.tar.gz"}
    assert bucket == "churn-copies"
    assert key.startswith("models/churn-deployment-0a1b2c3d-88b207-v1-")


def test_images_that_are_not_in_ecr_stay_as_they_are(fake: Any, there: Any, elsewhere: Settings) -> None:
    register(fake, there, {"Image": "public.example/model.eu-west-1.img"})
    look(elsewhere)
    (model,) = fake.models.values()
    assert model["Containers"] == [{"Image": "public.example/model.eu-west-1.img"}]


def test_removal_finds_a_copy_that_no_model_came_of(fake: Any, there: Any, elsewhere: Settings) -> None:
    register(fake, there)
    fake.objects["churn-copies", "models/another-v1.tar.gz"] = b"of another deployment"
    fake.fail_next("CreateModel", "InternalFailure", "We are sorry.", status=500)
    with pytest.raises(Exception, match="We are sorry"):
        look(elsewhere)
    assert remove_for_good(elsewhere, SageMakerApi(elsewhere))
    assert [key for bucket, key in fake.objects if bucket == "churn-copies"] == ["models/another-v1.tar.gz"]
