"""How the demo tells its story: steps, progress and a live line on stderr, or not a word."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from drumbeat.interfaces.sdk.client import JsonObject

if TYPE_CHECKING:
    from drumbeat.interfaces.demo.world import World


@dataclass(frozen=True)
class Telling:
    console: Console

    @staticmethod
    def to_stderr(*, quiet: bool) -> "Telling":
        return Telling(Console(file=sys.stderr, quiet=quiet, highlight=False))

    def step(self, text: str) -> None:
        self.console.print(f"[bold cyan]▸[/] {text}", soft_wrap=True)

    def note(self, text: str) -> None:
        self.console.print(f"  {text}", style="dim")

    def plan(self, answer: JsonObject) -> None:
        """What was decided, before anybody says yes."""
        segmentation, optimal = answer["segmentation"], answer["send_optimization"]
        assert isinstance(segmentation, dict)
        assert isinstance(optimal, dict)
        for row in segmentation["segment_details"]:
            rate = row["engagement_rate"]
            shown = "" if rate is None else f", {rate:.0%} engaged"
            self.note(f"{row['name']}: {row['subscriber_count']:,} subscribers{shown}")
        zones = optimal["timezone_specific"]
        self.note(
            f"best hour {optimal['global_optimal_time']} local ({optimal['basis']}), "
            f"{len(zones)} time zones"
        )
        self.step(f"Approval {answer['approval_id']} is asked for: {answer['approval_effect']}")

    @contextmanager
    def progress(self, title: str) -> Iterator[Callable[[float, str], None]]:
        """A bar from 0 to 1 with a note behind it."""
        columns = (TextColumn("  {task.description}"), BarColumn(), TextColumn("{task.fields[at]}"))
        with Progress(
            *columns, console=self.console, transient=True, disable=not self.console.is_terminal
        ) as bar:
            task = bar.add_task(title, total=1.0, at="")
            yield lambda share, at: bar.update(task, completed=share, at=at)

    @contextmanager
    def watching(self) -> Iterator[Callable[[datetime, "World"], None]]:
        """One live line: the simulated hour, mails that arrived, and what people did."""
        with Progress(
            SpinnerColumn(), TextColumn("{task.description}"), console=self.console, transient=True
        ) as bar:
            task = bar.add_task("")

            def show(now: datetime, world: "World") -> None:
                did = world.acted
                text = (
                    f"{now:%a %d %b %H:%M} UTC   {world.received:,} delivered   "
                    f"{did.get('opened', 0):,} opens   {did.get('clicked', 0):,} clicks   "
                    f"{did.get('purchased', 0):,} purchases   "
                    f"{did.get('unsubscribed', 0):,} unsubscribed"
                )
                bar.update(task, description=text)

            yield show
