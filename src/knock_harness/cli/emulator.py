"""``knock-harness emulator``: serve a Knock API on this machine until it is stopped."""

from __future__ import annotations

import socket
from pathlib import Path

import click

from knock_harness.errors import InvalidConfiguration

__all__ = ["command"]

DEFAULT_KEY = "sk_test_emulator"
LONGEST_BACKLOG = 2048


@click.command("emulator")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=4000, show_default=True, help="0: any free port.")
@click.option("--key", "keys", multiple=True, help=f"A secret key that is known from the start. [{DEFAULT_KEY}]")
@click.option("--strict-keys", is_flag=True, help="Refuse other keys, instead of opening an environment for each.")
@click.option("--project", type=click.Path(path_type=Path), help="A Knock project folder.")
@click.option("--seed", type=int, help="Give out the same identifiers in every run.")
@click.option("--data", type=click.Path(path_type=Path), help="Keep the environments in this directory, over restarts.")
def command(
    host: str,
    port: int,
    keys: tuple[str, ...],
    strict_keys: bool,
    project: Path | None,
    seed: int | None,
    data: Path | None,
) -> None:
    """Serve the API on this machine; print its address and keys when it is ready."""
    from knock_harness import contract
    from knock_harness.emulator import Emulator
    from knock_harness.emulator.control import ControlApi
    from knock_harness.emulator.server import serve

    known = keys or (DEFAULT_KEY,)
    for key in known:
        if not key.startswith("sk_"):
            raise InvalidConfiguration(f"{key!r} is no secret key", where="--key", hint="Secret keys start with sk_.")
    listener = _listen(host, port)
    emulator = Emulator(
        project=contract.project.load(project), keys=known, strict_keys=strict_keys, seed=seed, data=data
    )
    serve(emulator, listener, control=ControlApi(emulator), on_ready=lambda: _announce(listener, known))


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
    host, port = listener.getsockname()[:2]
    address = f"[{host}]" if ":" in host else host
    click.echo(f"knock-harness emulator: http://{address}:{port}")
    for key in keys:
        click.echo(f"secret key: {key}")
        click.echo(f"public key: pk_{key.removeprefix('sk_')}")
