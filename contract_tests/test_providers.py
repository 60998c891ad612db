"""The operations of Slack and Teams on objects that hold no credential, and on channels that are not theirs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from knock_harness.verify.plain import plain_request

from .expectations import all_of, error_field, refused, status
from .operations import each_operation

if TYPE_CHECKING:
    from knock_harness.contract import Operation
    from knock_harness.verify.answers import Answer
    from knock_harness.verify.documented import Finding
    from knock_harness.verify.examination import Examiner

WITHOUT_CREDENTIAL = {"object_id": "@tenant", "collection": "$tenants"}
_FORBIDDEN = all_of(status(403), error_field("code", "authorization"), error_field("type", "authentication_error"))


def _forbidden_or_disconnected(answer: Answer) -> Finding:
    """Take both answers that clients show as disconnected: the document declares 200 only, its twins are refused."""
    connection = answer.error.get("connection")
    if answer.accepted and isinstance(connection, dict) and connection.get("ok") is False:
        return True
    return _FORBIDDEN(answer)


@each_operation("PROV-NO-CREDENTIAL-403", "PROV-AUTH-NO-CREDENTIAL", "PROV-LIST-NO-CREDENTIAL")
def test_without_a_credential_of_the_provider_nothing_is_done(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)
    query = {name: WITHOUT_CREDENTIAL if name.endswith("_object") else "any" for name in plain.query}

    examiner.examine(
        replace(plain, query=query, existing=False),
        {
            "PROV-NO-CREDENTIAL-403": _FORBIDDEN,
            "PROV-AUTH-NO-CREDENTIAL": _forbidden_or_disconnected,
            "PROV-LIST-NO-CREDENTIAL": refused,
        },
    )

    examiner.conclude()


@each_operation("PROV-UNKNOWN-CHANNEL")
def test_a_channel_of_nobody_is_refused(operation: Operation, examiner: Examiner) -> None:
    plain = plain_request(operation)

    examiner.examine(
        replace(plain, path={"channel_id": "@unknown_uuid"}, existing=False), {"PROV-UNKNOWN-CHANNEL": refused}
    )

    examiner.conclude()
