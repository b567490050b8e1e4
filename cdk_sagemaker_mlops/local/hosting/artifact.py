"""Unpacks a model artifact and says where its inference code is."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path


class ArtifactError(ValueError):
    """The artifact, or what the model package says about it, cannot be served."""


def unpack(artifact: Path, folder: Path) -> None:
    """Unpacks ``model.tar.gz`` into an empty folder.

    Raises:
        ArtifactError: It is not a gzip-compressed tar archive, or a member would land outside the folder.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with tarfile.open(artifact, "r:gz") as archive:
            _extract(archive, folder)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise ArtifactError(
            f"the model artifact must be a gzip-compressed tar archive, got {artifact.name} ({error}); "
            "register the model.tar.gz of a training job"
        ) from error


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
        return
    for member in archive.getmembers():  # Python before 3.11.4 has no filters
        place = folder / member.name
        linked = (place.parent if member.issym() else folder) / member.linkname
        if not all(path.resolve().is_relative_to(folder.resolve()) for path in (place, linked)):
            raise tarfile.ExtractError(f"{member.name!r} would be outside the destination")
    archive.extractall(folder)  # noqa: S202 - checked above


def code_location(environment: Mapping[str, str]) -> tuple[str, str]:
    """Returns the program and the folder that holds it, from a model package's environment.

    Nothing is assumed where it says nothing: a scikit-learn container on AWS would not find the code either.

    Raises:
        ArtifactError: ``SAGEMAKER_PROGRAM`` or ``SAGEMAKER_SUBMIT_DIRECTORY`` is missing, or is not inside
            the artifact.
    """
    for name, example in (
        ("SAGEMAKER_PROGRAM", "inference.py"),
        ("SAGEMAKER_SUBMIT_DIRECTORY", "/opt/ml/model/code"),
    ):
        if not environment.get(name):
            raise ArtifactError(
                f"the model's environment must hold {name}, got {sorted(environment)}; "
                f"register the model package with {name}={example}"
            )
    folder = environment["SAGEMAKER_SUBMIT_DIRECTORY"].removeprefix("file://")
    if not folder.startswith("/opt/ml/model"):
        raise ArtifactError(
            f"SAGEMAKER_SUBMIT_DIRECTORY must be inside the artifact, got {folder!r}, because other code "
            "is not fetched locally; put the code into the artifact and use /opt/ml/model/code"
        )
    return environment["SAGEMAKER_PROGRAM"], folder
