"""What it costs to ask whether a request may pass: rate limits, keys and user tokens.

    python -m benchmarks.admission [COUNT]

In one process, without a socket, microseconds of processor time for each request. The limits alone, and reads of a user
with each kind of credential, limits off and on (so far above the tiers that nothing is refused).
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from time import process_time
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from knock_harness import contract
from knock_harness.emulator import Emulator
from knock_harness.emulator.exchange import Request
from knock_harness.emulator.limits import Limits

KEY, PUBLIC = "sk_test_benchmark", "pk_test_benchmark"
#: A factor that no machine reaches.
NO_BOUND: Final = "1000000x"


def limits_alone(count: int) -> float:
    match = contract.match("POST", "/v1/workflows/welcome/trigger")
    assert match is not None
    limits, now = Limits(1e6), datetime(2026, 1, 1, tzinfo=UTC)
    started = process_time()
    for _ in range(count):
        limits.admit(match, user_id=None, now=now)
    return (process_time() - started) / count * 1e6


def reads(headers: list[tuple[bytes, bytes]], count: int, *, limits: str, signing_key: str) -> float:
    emulator = Emulator(keys=[KEY])
    environment = emulator.environments[KEY]
    environment.configure(limits=limits, signing_key=signing_key)
    put = Request("PUT", "/v1/users/ada", "", [(b"authorization", f"Bearer {KEY}".encode())], b"{}")
    assert emulator.handle(put).status == 200
    request = Request("GET", "/v1/users/ada", "", headers)
    assert emulator.handle(request).status == 200
    best = float("inf")
    for _ in range(3):
        started = process_time()
        for _ in range(count):
            emulator.handle(request)
        best = min(best, (process_time() - started) / count * 1e6)
    return best


def main(count: int = 20_000) -> None:
    """Measure and print."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    token = jwt.encode({"sub": "ada"}, private, algorithm="RS256").encode()
    credentials = {
        "secret key": [(b"authorization", f"Bearer {KEY}".encode())],
        "public key": [(b"authorization", f"Bearer {PUBLIC}".encode())],
        "public key and user token": [(b"authorization", f"Bearer {PUBLIC}".encode()), (b"x-knock-user-token", token)],
    }
    print(f"limits alone                {limits_alone(count):6.2f} us")
    for name, headers in credentials.items():
        off, on = (reads(headers, count, limits=each, signing_key=public) for each in ("off", NO_BOUND))
        print(f"{name:27} {off:6.2f} us, with limits {on:6.2f} us ({on / off:.3f})")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
