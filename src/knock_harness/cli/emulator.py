"""``knock-harness emulator``: serve a Knock API on this machine until it is stopped."""

from __future__ import annotations

import socket
from contextlib import closing
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from knock_harness.control import DEFAULT_KEY, TOKEN_VARIABLE
from knock_harness.errors import InvalidConfiguration

if TYPE_CHECKING:
    from datetime import datetime

    from knock_harness.emulator import Emulator
    from knock_harness.emulator.server import Beside

__all__ = ["command"]

LONGEST_BACKLOG = 2048


@click.command("emulator")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=4000, show_default=True, help="0: any free port.")
@click.option("--key", "keys", multiple=True, help=f"A secret key that is known from the start. [{DEFAULT_KEY}]")
@click.option("--strict-keys", is_flag=True, help="Refuse other keys, instead of opening an environment for each.")
@click.option("--project", type=click.Path(path_type=Path), help="A Knock project folder.")
@click.option("--watch", is_flag=True, help="Read the project folder again whenever it changes.")
@click.option("--strict", is_flag=True, help="Refuse workflows whose templates cannot be rendered.")
@click.option("--seed", type=int, help="Give out the same identifiers in every run.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the environments in this directory, over restarts.")
@click.option(
    "--clock",
    type=click.Choice(["real", "virtual"]),
    default="real",
    show_default=True,
    help="Virtual: time passes only as the control API says.",
)
@click.option("--start", help="The moment that the clock shows at first, such as 2026-03-01T12:00:00Z.")
@click.option("--limits", default="off", show_default=True, help="Rate limits: off, on, or 5x for five times as much.")
@click.option(
    "--outbound",
    type=click.Choice(["off", "loopback"]),
    default="off",
    show_default=True,
    help="Whether workflows may call servers of this machine.",
)
@click.option("--no-control", is_flag=True, help="Do without the control API.")
@click.option("--control-token", envvar=TOKEN_VARIABLE, show_envvar=True, help="What control requests have to show.")
def command(
    host: str,
    port: int,
    no_control: bool,
    control_token: str | None,
    watch: bool,
    start: str | None,
    **wanted: Any,
) -> None:
    """Serve the API on this machine; print its address and keys when it is ready."""
    from knock_harness.emulator.assembly import assembled
    from knock_harness.emulator.control import ControlApi
    from knock_harness.emulator.server import serve

    keys = wanted["keys"] = wanted["keys"] or (DEFAULT_KEY,)
    if watch and wanted["project"] is None:
        raise InvalidConfiguration("there is no folder to watch", where="--watch", hint="Name one with --project.")
    _guard(host, token=None if no_control else control_token, controlled=not no_control)
    moment = _moment(start)
    with closing(_listen(host, port)) as listener, closing(assembled(**wanted, start=moment)) as emulator:
        serve(
            emulator,
            listener,
            control=None if no_control else ControlApi(emulator, token=control_token),
            on_ready=lambda: _announce(listener, keys),
            beside=_watching(emulator, wanted["project"], strict=wanted["strict"]) if watch else None,
        )


def _guard(host: str, *, token: str | None, controlled: bool) -> None:
    """Refuse what would let other machines steer this one.

    Raises:
        InvalidConfiguration: the control API would be open to them, or the token is empty.
    """
    if token is not None and not token.strip():
        raise InvalidConfiguration("the token is empty", where="--control-token")
    if _is_loopback(host):
        return
    if controlled and token is None:
        raise InvalidConfiguration(
            f"{host} can be reached from other machines, which could steer the emulator",
            where="--host",
            hint="Give a --control-token, or --no-control.",
        )
    click.echo(f"warning: whoever reaches {host} can use this emulator", err=True)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _moment(text: str | None) -> datetime | None:
    from knock_harness.emulator.clock import moment

    if text is None:
        return None
    try:
        return moment(text)
    except ValueError:
        raise InvalidConfiguration(
            f"{text!r} is no moment", where="--start", hint="Write it like 2026-03-01T12:00:00Z."
        ) from None


def _watching(emulator: Emulator, folder: Path, *, strict: bool) -> Beside:
    from knock_harness.emulator.assembly import template_check
    from knock_harness.emulator.watching import ProjectWatch

    def report(line: str) -> None:
        click.echo(f"warning: {line}", err=True)

    return ProjectWatch(emulator, folder, report=report, check=template_check(strict=strict)).follow


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(LONGEST_BACKLOG)
    except OSError as error:
        listener.close()
        raise InvalidConfiguration(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where="--port",
            hint="Choose another port, or 0.",
        ) from None
    return listener


def _announce(listener: socket.socket, keys: tuple[str, ...]) -> None:
    from knock_harness.emulator.keys import public_twin

    host, port = listener.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    click.echo(f"knock-harness emulator: http://{address}:{port}")
    for key in keys:
        click.echo(f"secret key: {key}")
        click.echo(f"public key: {public_twin(key)}")
