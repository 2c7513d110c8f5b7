"""Layout: against a library that writes symbols."""

import numpy as np
import pytest
import segno

from gate_agent.drivers.camera.symbols.layout import (
    LEVELS,
    blocks,
    format_words,
    layout,
    mask,
    side_of,
)


@pytest.mark.parametrize("version", range(1, 41))
def test_known_modules_are_as_they_are_written(version: int) -> None:
    plan = layout(version)
    written = np.array(segno.make_qr("1", version=version, error="l").matrix, dtype=np.bool_)
    known = plan.signs != 0
    assert plan.side == side_of(version) == len(written)
    assert ((plan.signs > 0) == written)[known].all()
    assert known.sum() + len(plan.path) + 2 * 15 == written.size
    assert len(np.unique(np.concatenate([plan.path, *plan.formats]))) == len(plan.path) + 30
    assert not known.reshape(-1)[np.concatenate([plan.path, *plan.formats])].any()


@pytest.mark.parametrize("version", range(1, 41))
@pytest.mark.parametrize("level", LEVELS)
def test_blocks_share_every_codeword_once(version: int, level: str) -> None:
    members, check = blocks(version, level)
    every = np.sort(np.concatenate(members))
    assert (every == np.arange(len(layout(version).path) // 8)).all()
    assert all(len(block) > check for block in members)
    assert max(map(len, members)) - min(map(len, members)) <= 1


def test_format_words_are_far_apart() -> None:
    words = [word for *_, word in format_words()]
    assert len(set(words)) == 32
    apart = [(one ^ two).bit_count() for one in words for two in words if one != two]
    assert min(apart) == 7  # the code's distance


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("error", ["l", "m", "q", "h"])
def test_format_and_mask_are_those_of_a_written_symbol(number: int, error: str) -> None:
    code = segno.make_qr("0" * 10, version=2, error=error, mask=number, boost_error=False)
    written = np.array(code.matrix, dtype=np.bool_).reshape(-1)
    plan = layout(2)
    for places in plan.formats:
        word = int("".join("1" if bit else "0" for bit in written[places]), 2)
        assert (error.upper(), number, word) in format_words()
    turned = mask(number, plan.side).reshape(-1)
    first = (written ^ turned)[plan.path[:4]]
    assert first.tolist() == [False, False, False, True]  # numeric
