from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from knock_harness import control as control_api
from knock_harness.control import Control, ProviderRule
from knock_harness.emulator import Emulator, EmulatorTransport
from knock_harness.emulator.clock import VirtualClock
from knock_harness.errors import ControlError, TargetUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from knock_harness.control import Environment

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKFLOW = {
    "name": "Hello",
    "steps": [
        {"ref": "wait", "type": "delay", "settings": {"delay_for": {"unit": "hours", "value": 1}}},
        {
            "ref": "tell",
            "type": "channel",
            "channel_key": "in-app-feed",
            "template": {"markdown_body": "Hello {{ name }}"},
        },
    ],
}
GUIDE = {
    "channel_key": "in-app-guide",
    "steps": [{"ref": "one", "schema_key": "banner", "schema_semver": "0.0.1", "schema_variant_key": "default"}],
}

#: Each operation of the document, and what of the client sends it.
CALLS: dict[str, Callable[[Control, Environment], Any]] = {
    "getHealth": lambda control, _: control.health(),
    "getControlDocument": lambda control, _: control.document(),
    "listEnvironments": lambda control, _: control.environments,
    "getEnvironment": lambda _, environment: environment.info(),
    "getState": lambda _, environment: environment.state(),
    "getClock": lambda _, environment: environment.clock.now(),
    "advanceClock": lambda _, environment: environment.clock.advance("PT1H"),
    "listWorkflows": lambda _, environment: environment.workflows.list(),
    "putWorkflow": lambda _, environment: environment.workflows.put("hello", WORKFLOW),
    "getWorkflow": lambda _, environment: environment.workflows.get("hello"),
    "setWorkflowActive": lambda _, environment: environment.workflows.set_active("hello", False),
    "deleteWorkflow": lambda _, environment: environment.workflows.delete("hello"),
    "listChannels": lambda _, environment: environment.channels.list(),
    "putChannel": lambda _, environment: environment.channels.put("mail", {"type": "email"}),
    "deleteChannel": lambda _, environment: environment.channels.delete("mail"),
    "listGuides": lambda _, environment: environment.guides.list(),
    "putGuide": lambda _, environment: environment.guides.put("tour", GUIDE),
    "setGuideActive": lambda _, environment: environment.guides.set_active("tour", False),
    "deleteGuide": lambda _, environment: environment.guides.delete("tour"),
    "putTranslation": lambda _, environment: environment.translations.put("de", {"hello": "Hallo"}),
    "listTranslations": lambda _, environment: environment.translations.list(),
    "deleteTranslation": lambda _, environment: environment.translations.delete("de"),
    "putDefinition": lambda _, environment: environment.definitions.put("audience", "vips", {"type": "static"}),
    "listDefinitions": lambda _, environment: environment.definitions.list("audience"),
    "deleteDefinition": lambda _, environment: environment.definitions.delete("audience", "vips"),
    "setDefault": lambda _, environment: environment.defaults.set_preferences({"channel_types": {"sms": False}}),
    "getDefault": lambda _, environment: environment.defaults.get("preferences"),
    "putBranch": lambda _, environment: environment.branches.create("next"),
    "listBranches": lambda _, environment: environment.branches.list(),
    "deleteBranch": lambda _, environment: environment.branches.delete("next"),
    "createKey": lambda _, environment: environment.keys.create(key="sk_test_more"),
    "listKeys": lambda _, environment: environment.keys.list(),
    "expireKey": lambda _, environment: environment.keys.expire("sk_test_more", at=START),
    "revokeKey": lambda _, environment: environment.keys.revoke("sk_test_more"),
    "setSigningKey": lambda _, environment: environment.keys.set_signing_key(None),
    "getSigningKey": lambda _, environment: environment.keys.signing_key(),
    "getSettings": lambda _, environment: environment.settings.get(),
    "changeSettings": lambda _, environment: environment.settings.change(journal_entries=10),
    "getLimits": lambda _, environment: environment.limits.get(),
    "setLimits": lambda _, environment: environment.limits.set("5x"),
    "getOutbound": lambda _, environment: environment.deliveries.calls(),
    "setOutbound": lambda _, environment: environment.deliveries.set_calls("loopback"),
    "getProviderRules": lambda _, environment: environment.deliveries.rules(),
    "setProviderRules": lambda _, environment: environment.deliveries.set_rules([ProviderRule(answer="bounce")]),
    "addEventWebhook": lambda _, environment: environment.webhooks.add("http://127.0.0.1:1/", secret="mine"),
    "listEventWebhooks": lambda _, environment: environment.webhooks.list(),
    "removeEventWebhook": lambda _, environment: environment.webhooks.remove(environment.webhooks.list()[0].id),
    "getRetention": lambda _, environment: environment.retention.get(),
    "setRetention": lambda _, environment: environment.retention.set(timedelta(days=7)),
    "addFault": lambda _, environment: environment.faults.add("error", status=503, requests=1),
    "listFaults": lambda _, environment: environment.faults.list(),
    "endFault": lambda _, environment: environment.faults.end(1),
    "endFaults": lambda _, environment: environment.faults.end_all(),
    "listRequests": lambda _, environment: environment.journal.page(limit=5),
    "findRequests": lambda _, environment: environment.journal.find(operation="triggerWorkflow"),
    "findNearMisses": lambda _, environment: environment.journal.near_misses(operation="triggerWorkflow"),
    "getOperationCalls": lambda _, environment: environment.journal.operations(),
    "clearJournal": lambda _, environment: environment.journal.clear(),
    "listStrays": lambda control, _: control.strays.page(),
    "clearStrays": lambda control, _: control.strays.clear(),
    "listOutbox": lambda _, environment: list(environment.outbox.messages(recipient="ada", since=START)),
    "seedEnvironment": lambda _, environment: environment.seed(users={"count": 2}),
    "takeSnapshot": lambda _, environment: environment.snapshots.take("one / two"),
    "listSnapshots": lambda _, environment: environment.snapshots.list(),
    "exportSnapshot": lambda _, environment: environment.snapshots.export("one / two"),
    "importSnapshot": lambda _, environment: environment.snapshots.put(
        "three", environment.snapshots.export("one / two")
    ),
    "restoreSnapshot": lambda _, environment: environment.snapshots.restore("three"),
    "deleteSnapshot": lambda _, environment: environment.snapshots.delete("three"),
    "resetEnvironment": lambda _, environment: environment.reset(),
}
#: For tools that want a file; the client takes the other one.
NOT_CALLED = {"getControlDocumentAsFile"}


class Seen(EmulatorTransport):
    """Notes which operations are sent, and holds each answer against the document."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self.operations: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = super().handle_request(request)
        api = control_api.load()
        match = api.router.match(request.method, request.url.raw_path.decode().partition("?")[0])
        if match is not None:
            self.operations.append(match.operation.id)
            content = match.operation.responses[str(response.status_code)].get("content", {})
            if "application/json" in content:
                value = httpx.Response(200, content=response.read()).json()
                assert api.validators.violations(content["application/json"]["schema"], value) == ()
        return response


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(new_clock=lambda: VirtualClock(START), keys=["sk_test_tests"], seed=1)


@pytest.fixture
def seen(emulator: Emulator) -> Seen:
    return Seen(emulator)


@pytest.fixture
def control(seen: Seen) -> Iterator[Control]:
    with Control("http://127.0.0.1", transport=seen) as control:
        yield control


@pytest.fixture
def environment(control: Control) -> Environment:
    return control.environment()


def test_every_operation_of_the_document_has_a_method_of_the_client() -> None:
    assert set(CALLS) | NOT_CALLED == set(control_api.load().operations)


def test_every_method_sends_its_operation_and_understands_the_answer(control: Control, seen: Seen) -> None:
    environment = control.environment("sk_test_tests")
    for operation, call in CALLS.items():
        seen.operations.clear()
        call(control, environment)

        assert seen.operations[-1] == operation


def test_values_come_back_with_their_types(environment: Environment) -> None:
    moved = environment.clock.advance(timedelta(hours=1))

    assert (moved.now, moved.kind, moved.done) == (START + timedelta(hours=1), "virtual", 0)


def test_a_result_cannot_be_changed(environment: Environment) -> None:
    moved = environment.clock.read()

    with pytest.raises(AttributeError):
        moved.kind = "real"  # type: ignore[misc]


def test_an_environment_is_named_by_its_key(control: Control) -> None:
    control.environment("sk_test_another").clock.advance("P1D")

    assert control.environment("sk_test_another").clock.now() == START + timedelta(days=1)
    assert control.environment().clock.now() == START


def test_a_refusal_is_one_line_that_says_what_is_wrong(environment: Environment) -> None:
    with pytest.raises(ControlError, match=r"by: .*less than") as caught:
        environment.clock.advance(timedelta(hours=-1))

    assert "\n" not in str(caught.value)
    assert (caught.value.status, caught.value.code) == (422, "invalid_params")


def test_a_broken_workflow_is_refused_with_the_place_of_the_fault(environment: Environment) -> None:
    broken = {"name": "Hello", "steps": [{"ref": "one", "type": "teleport"}]}

    with pytest.raises(ControlError) as caught:
        environment.workflows.put("hello", broken)

    assert (caught.value.code, caught.value.path) == ("invalid_definition", "steps[0].type")
    assert "teleport" in str(caught.value)


def test_after_a_broken_workflow_the_last_good_one_goes_on(environment: Environment) -> None:
    good = environment.workflows.put("hello", WORKFLOW)
    with pytest.raises(ControlError):
        environment.workflows.put("hello", {"name": "Hello", "steps": [{"ref": "one", "type": "teleport"}]})

    assert environment.workflows.get("hello").version_id == good.version_id


def test_what_is_no_json_is_refused_before_it_is_sent(environment: Environment, seen: Seen) -> None:
    with pytest.raises(ControlError, match="no value of JSON"):
        environment.workflows.put("hello", {"steps": object()})

    assert seen.operations == []


def test_an_emulator_that_is_not_there_is_told_with_its_address() -> None:
    with Control("http://127.0.0.1:9") as control, pytest.raises(TargetUnreachable, match=re.escape("127.0.0.1:9")):
        control.health()


def test_a_server_that_is_no_emulator_is_told() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>"))

    with Control("http://127.0.0.1", transport=transport) as control, pytest.raises(ControlError, match="502"):
        control.health()


def test_the_token_is_taken_from_the_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(control_api.TOKEN_VARIABLE, "from-the-surroundings")
    shown = []

    def answer(request: httpx.Request) -> httpx.Response:
        shown.append(request.headers["authorization"])
        return httpx.Response(200, json={"status": "ok", "version": "1", "environments": 1})

    with Control("http://127.0.0.1", transport=httpx.MockTransport(answer)) as control:
        control.health()

    assert shown == ["Bearer from-the-surroundings"]
