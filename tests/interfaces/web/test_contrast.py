"""WCAG AA: every pair of colours that carries text differs enough, in the light and in the dark."""

import re

import pytest

from drumbeat.interfaces.web import rendering

AA_TEXT, AA_GRAPHIC = 4.5, 3.0
CSS = rendering.asset("drumbeat.css").decode()


def palette(dark: bool) -> dict[str, str]:
    light, night = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return tokens | (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", night)) if dark else {})


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(
    ("ink", "ground", "least"),
    [
        *(
            (ink, ground, AA_TEXT)
            for ink in ("ink", "soft", "beat")
            for ground in ("ground", "sheet")
        ),
        ("ink", "sunk", AA_TEXT),
        ("soft", "sunk", AA_TEXT),
        ("second", "sheet", AA_TEXT),
        ("sheet", "beat", AA_TEXT),
        ("beat", "beat-wash", AA_TEXT),
        ("second", "second-wash", AA_TEXT),
        ("warn", "warn-wash", AA_TEXT),
        *((mark, "sheet", AA_GRAPHIC) for mark in ("bad", "warn", "idle", "coming")),
    ],
)
def test_colours_differ_enough(dark: bool, ink: str, ground: str, least: float) -> None:
    colours = palette(dark)
    assert contrast(colours[ink], colours[ground]) >= least
