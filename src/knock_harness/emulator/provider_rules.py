"""What the third parties are told to answer: by rules of an environment, or by the address itself.

Both are fixed in advance and neither counts anything beyond the tries of a message, so the same requests always meet
the same answers.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from knock_harness.contract.project import Channel

__all__ = ["ACCEPTS", "MAGIC_ADDRESSES", "ProviderRule", "rule_for"]

Answer: TypeAlias = Literal["accept", "bounce", "fail"]
Report: TypeAlias = Literal["delivered", "bounced", "undelivered", "nothing"]


class ProviderRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a provider does with some messages.

    Attributes:
        channel: it holds for the channel of this key or id; None: for all.
        channel_type: for channels of this type, such as ``email``; None: for all.
        address: for addresses that fit this pattern of a shell (``*@example.com``); None: for all.
        workflow: for messages of the workflow with this key; None: for all.
        answer: what becomes of a try: the provider takes it, says that the address is wrong, or fails.
        status: what a failing provider answers; 408, 425, 429 and 500 to 599 ask for another try, all others are final.
        times: so many tries of a message fail, the next is taken; None: all.
        report: what the provider of an email or an SMS says later about one that it took.
        report_after_s: how much later.
    """

    channel: str | None = None
    channel_type: str | None = None
    address: str | None = None
    workflow: str | None = None
    answer: Answer = "accept"
    status: int = 503
    times: int | None = None
    report: Report = "delivered"
    report_after_s: float = 0.0

    def covers(self, channel: Channel, address: str, workflow: str) -> bool:
        """Say whether it holds for a message of a workflow to an address on a channel."""
        return (
            (self.channel is None or self.channel in {channel.key, channel.id})
            and (self.channel_type is None or self.channel_type == channel.type)
            and (self.workflow is None or self.workflow == workflow)
            and (self.address is None or fnmatchcase(address, self.address))
        )


ACCEPTS: Final = ProviderRule()
#: What an address that begins with one of these words brings about, wherever no rule says otherwise: an email address
#: (``bounced@example.com``, ``retry+1@example.com``), a push token or a chat connection (``failing-1``).
MAGIC_ADDRESSES: Final[Mapping[str, ProviderRule]] = {
    "bounced": ProviderRule(answer="bounce"),
    "undelivered": ProviderRule(answer="fail", status=400),
    "retry": ProviderRule(answer="fail", times=2),
    "failing": ProviderRule(answer="fail"),
    "unconfirmed": ProviderRule(report="nothing"),
    "late-bounce": ProviderRule(report="bounced"),
}
#: The same by the last digits of a phone number, in the order of the words: +15550000001 is bounced, and so on.
_NUMBERS: Final = dict(enumerate(MAGIC_ADDRESSES, start=1))
_WORD: Final = re.compile(rf"({'|'.join(MAGIC_ADDRESSES)})(?![A-Za-z0-9])")
_NUMBER: Final = re.compile(rf"\+?[0-9]*555000000([1-{len(_NUMBERS)}])")


def rule_for(rules: Iterable[ProviderRule], channel: Channel, *, address: str, workflow: str) -> ProviderRule:
    """Return the first rule that covers a message, else what its address brings about."""
    for each in rules:
        if each.covers(channel, address, workflow):
            return each
    if channel.type == "sms":
        number = _NUMBER.fullmatch(address)
        return MAGIC_ADDRESSES[_NUMBERS[int(number[1])]] if number else ACCEPTS
    word = _WORD.match(address)
    return MAGIC_ADDRESSES[word[1]] if word else ACCEPTS
