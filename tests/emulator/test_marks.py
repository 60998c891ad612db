"""Records that are read live."""

from __future__ import annotations

from knock_harness.emulator.marks import OWNER, filled, mark, replaced
from knock_harness.emulator.references import Ref

ADA, BOB = Ref("", "ada"), Ref("c", 'b"o\\b')


def test_each_mark_gives_way_to_the_record_as_it_is() -> None:
    text = f'{{"recipient":{OWNER},"actors":[{mark(BOB)},{mark(ADA)}]}}'

    assert filled(text, owner=ADA, lookup=lambda ref: f'"{ref.id[0]}"') == '{"recipient":"a","actors":["b","a"]}'


def test_a_record_is_looked_up_once() -> None:
    asked: list[Ref] = []

    def lookup(ref: Ref) -> str:
        asked.append(ref)
        return "null"

    filled(mark(BOB) * 3, owner=ADA, lookup=lookup)

    assert asked == [BOB]


def test_a_text_without_marks_asks_nobody() -> None:
    assert filled("{}", owner=ADA, lookup=lambda _: 1 / 0) == "{}"  # type: ignore[arg-type, return-value]


def test_a_mark_can_name_somebody_else() -> None:
    assert replaced(f"[{mark(ADA)},{mark(BOB)}]", ADA, Ref("", "eve")) == f"[{mark(Ref('', 'eve'))},{mark(BOB)}]"
