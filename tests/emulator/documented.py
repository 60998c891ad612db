"""Whether answers are those that a document names for their operation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

__all__ = ["assert_documented_as"]


def assert_documented_as(
    name: str, responses: Mapping[str, Any], *, validator: Callable[[Any], Any], response: httpx.Response
) -> None:
    """Fail if the status of an answer is not documented, or its body does not fit the schema.

    Args:
        name: of the operation.
        responses: what is documented of it.
        validator: makes a validator of a schema.
        response: the answer.
    """
    __tracebackhide__ = True
    assert str(response.status_code) in responses, f"{name} has no answer {response.status_code}"
    content = responses[str(response.status_code)].get("content")
    if content is None:
        assert response.read() == b""
        return
    if "application/json" not in content:
        return
    broken = [
        f"{name}: {'.'.join(map(str, error.instance_path))} {error.message}"
        for error in validator(content["application/json"]["schema"]).iter_errors(json.loads(response.read()))
    ]
    assert not broken, broken
