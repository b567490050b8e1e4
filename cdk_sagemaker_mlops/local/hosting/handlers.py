"""The toolkit's transformer, with the defaults of AWS's scikit-learn container.

``sagemaker-inference`` calls ``model_fn``, ``input_fn``, ``predict_fn`` and ``output_fn`` as the container
does; where the user's program leaves one out, the container's default differs from the toolkit's.
"""

from __future__ import annotations

import sys
import traceback
from http import HTTPStatus
from typing import Any

import numpy as np
from sagemaker_inference import content_types, decoder, encoder, errors
from sagemaker_inference.default_inference_handler import DefaultInferenceHandler
from sagemaker_inference.transformer import Transformer


class ScikitLearnHandler(DefaultInferenceHandler):  # type: ignore[misc]
    """What happens where the user's program defines no function."""

    def default_model_fn(self, model_dir: str) -> Any:
        """Refuses: how to load the model is known to the program only."""
        raise NotImplementedError(
            "the program must define model_fn(model_dir), because a model has no default way to load; add it"
        )

    def default_input_fn(self, input_data: Any, content_type: str) -> Any:
        """Decodes CSV, JSON, NPY and NPZ; text becomes single-precision numbers."""
        try:
            decoded = decoder.decode(input_data, content_type)
            return decoded.astype(np.float32) if content_type in content_types.UTF8_TYPES else decoded
        except errors.UnsupportedFormatError as error:
            raise _refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Content type {content_type!r}") from error
        except (ValueError, TypeError) as error:
            message = f"the request's body cannot be read as {content_type}: {error}"
            raise errors.GenericInferenceToolkitError(HTTPStatus.BAD_REQUEST, message) from error

    def default_predict_fn(self, data: Any, model: Any) -> Any:
        """Calls the model's ``predict``."""
        return model.predict(data)

    def default_output_fn(self, prediction: Any, accept: str) -> Any:
        """Encodes as JSON, CSV or NPY."""
        try:
            return super().default_output_fn(prediction, accept)
        except errors.UnsupportedFormatError as error:
            raise _refusal(HTTPStatus.NOT_ACCEPTABLE, f"Accept {accept!r}") from error


class ModelTransformer(Transformer):  # type: ignore[misc]
    """The toolkit's transformer, whose errors say what went wrong and keep the traceback for the log."""

    def __init__(self) -> None:
        super().__init__(ScikitLearnHandler())

    @staticmethod
    def handle_error(context: Any, inference_exception: Any, trace: str) -> list[str]:
        """Answers with the error's status and text."""
        sys.stderr.write(trace)
        context.set_response_status(code=inference_exception.status_code, phrase=inference_exception.phrase)
        return [str(inference_exception.message)]


class RequestContext:
    """What the transformer asks about a request, and what it says about the response.

    Args:
        model_dir: Folder of the unpacked artifact.
        content_type: Content type of the request. Default: ``""``.
        accept: Content type asked for. Default: ``""``.
    """

    def __init__(self, model_dir: str, content_type: str = "", accept: str = "") -> None:
        self.system_properties = {"model_dir": model_dir}
        self.request_processor = [self]
        self.status = int(HTTPStatus.OK)
        self.response_content_type = "text/plain"
        # Without a content type, the container takes JSON.
        self._properties = {"Content-Type": content_type or content_types.JSON, "Accept": accept}

    def get_request_properties(self) -> dict[str, str]:
        """Returns the request's headers."""
        return self._properties

    def set_response_content_type(self, position: int, content_type: str) -> None:
        """Takes the response's content type."""
        self.response_content_type = content_type

    def set_response_status(self, code: int, phrase: str) -> None:
        """Takes the response's status."""
        self.status = int(code)


def describe_load_error(error: BaseException) -> str:
    """Words why a model did not load: the error, and the line of the user's code that it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/opt/ml/" in frame.filename]
    place = f" ({own[-1].filename.rpartition('/')[2]}, line {own[-1].lineno})" if own else ""
    return f"{type(error).__name__}: {error}{place}"


def _refusal(status: HTTPStatus, what: str) -> errors.GenericInferenceToolkitError:
    supported = ", ".join(sorted(encoder.SUPPORTED_CONTENT_TYPES))
    return errors.GenericInferenceToolkitError(
        status, f"{what} must be one of {supported}; define input_fn or output_fn for others"
    )
