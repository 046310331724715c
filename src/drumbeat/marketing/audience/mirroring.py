"""Use cases of the engine alone: the copy of everybody's attributes is kept current and sealed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drumbeat.kit.actor import Actor, Scope
from drumbeat.kit.clock import Clock, epoch
from drumbeat.marketing.audience.mirror import Mirror, MirrorDraft, MirrorRow
from drumbeat.marketing.audience.store_mirror import PAGE, Changes, MirrorStore

FILED_AGAIN_AT = 0.05
"""Of the people: when so many changed since the file was written, it is written anew."""
FILED_AGAIN_AFTER = 3_600


@dataclass(frozen=True)
class MirrorWork:
    """A mirror on the way to be up to date; the one it began from is still asked meanwhile."""

    draft: MirrorDraft
    changes: Changes

    def pages(self) -> Iterator[Sequence[int]]:
        for start in range(0, len(self.changes.changed), PAGE):
            yield self.changes.changed[start : start + PAGE].tolist()

    def put(self, rows: Sequence[MirrorRow]) -> None:
        self.draft.put(rows)

    def done(self) -> Mirror:
        return self.draft.done(self.changes.checked_at, self.changes.compared_at)


@dataclass(frozen=True)
class MirroringService:
    actor: Actor
    store: MirrorStore
    clock: Clock

    def find_changes(self) -> MirrorWork | None:
        """What is to be copied; None while the copy has everything and its file is not far off."""
        self.actor.require(Scope.FACTS_FOLD)
        mirror = self.store.newest()
        changes = self.store.changes(mirror, epoch(self.clock()))
        if not len(changes) and not self._far_off(mirror):
            return None
        draft = MirrorDraft(mirror, changes.size)
        draft.forget(changes.gone)
        return MirrorWork(draft, changes)

    def read_page(self, contact_nos: Sequence[int]) -> list[MirrorRow]:
        """Up to 2,000 contacts as they are now."""
        self.actor.require(Scope.FACTS_FOLD)
        return self.store.rows(contact_nos)

    def keep(self, mirror: Mirror) -> str | None:
        """Hold it in memory; and write a sealed file if the last one is far off, by this name."""
        self.actor.require(Scope.FACTS_FOLD)
        self.store.held.put(mirror, mirror.checked_at)
        return self.store.write(mirror) if self._far_off(mirror) else None

    def adopt(self, name: str, mirror: Mirror) -> None:
        """From now on this file is where a process begins."""
        self.actor.require(Scope.FACTS_FOLD)
        self.store.save(name, mirror)

    def unname(self) -> None:
        """Somebody was erased: the file that may still have them counts no more.

        Swept files are gone; what processes hold drops the person when it catches up.
        """
        self.actor.require(Scope.FACTS_FOLD)
        self.store.unname()

    def sweep(self) -> None:
        """Remove the files that are not named any more."""
        self.actor.require(Scope.FACTS_FOLD)
        self.store.sweep()

    def _far_off(self, mirror: Mirror) -> bool:
        """By how many came since, or changed: revisions only ever grow."""
        filed = self.store.filed()
        if filed is None:
            return mirror.people > 0
        moved = abs(filed.people - mirror.people) + abs(filed.revisions - mirror.mark[1])
        late = mirror.checked_at - filed.checked_at >= FILED_AGAIN_AFTER
        return moved > FILED_AGAIN_AT * mirror.people or (late and moved > 0)
