"""What every unit of work shares besides its connection: clock, keys, files, the house's values."""

from dataclasses import dataclass, field
from functools import partial

from drumbeat.kit import placeholders
from drumbeat.kit.clock import Clock
from drumbeat.storage.fact_ducks import FactDucks
from drumbeat.storage.files import SealedFiles
from drumbeat.storage.held import Held
from drumbeat.storage.kept import Kept
from drumbeat.storage.sealed_parquet import SealedParquet
from drumbeat.storage.secrets import KeyRing


@dataclass(frozen=True)
class Office:
    """`public_url` is where readers reach us; `simulated` labels what nobody really did.

    `return_path` is where bounces are asked to; "" is the sender.

    `retention_days`: how long unconfirmed sign-ups, the evidence of a yes, and requests are kept.

    `real_messenger`: mail leaves the house, so a placeholder sender is refused. `dead_links`: it
    leaves the machine, and `public_url` does not: nobody could unsubscribe, so that is refused too.
    """

    clock: Clock
    keys: KeyRing
    files: SealedFiles
    public_url: str = "http://127.0.0.1:8000"
    sender_email: str = placeholders.EMAIL
    sender_name: str = placeholders.NAME
    postal_address: str = placeholders.POSTAL_ADDRESS
    return_path: str = ""
    cost_per_email: float = 0.001
    hidden_link: bool = True
    simulated: bool = False
    real_messenger: bool = False
    dead_links: bool = False
    retention_days: tuple[int, int, int] = (30, 1_095, 365)
    kept: Kept = field(default_factory=Kept, repr=False, compare=False)
    ducks: FactDucks = field(default_factory=FactDucks, repr=False, compare=False)
    answers: Kept = field(default_factory=partial(Kept, 64), repr=False, compare=False)
    mirror: Held = field(default_factory=Held, repr=False, compare=False)
    compiled: Kept = field(default_factory=partial(Kept, 16), repr=False, compare=False)

    @property
    def mirror_files(self) -> SealedParquet:
        return SealedParquet(self.files.folder.parent / "mirror", self.keys.derive("mirror"))

    @property
    def fact_files(self) -> SealedParquet:
        return SealedParquet(self.files.folder.parent / "facts", self.keys.derive("facts"))
