"""How much memory the sending process needs, by how many people a mailing is for.

    python -m benchmarks.memory [few] [many] [seconds]   prints one JSON object

For each size a house is filled and its mailing frozen by a process of its own; then a fresh process
sends to a sink for at most so many seconds, and its peak is the kernel's (ru_maxrss). `sent` says
how many left while it was watched: not everybody, unless it is as many as `people`.
"""

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.send import invite, open_house, scheduled
from benchmarks.sink import running
from drumbeat.engine.loop import sending_engine


def fill(folder: Path, port: int, people: int) -> None:
    house = open_house(folder, port)
    invite(house, people)
    scheduled(house, "Letter")
    house.close()


def send(folder: Path, port: int, seconds: float) -> None:
    house = open_house(folder, port)
    engine = sending_engine(house)
    timer = threading.Timer(seconds, engine.stop)
    timer.start()
    engine.run_until_idle()
    timer.cancel()
    engine.close()
    house.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps({"peak_mb": round(peak / 1024, 1)}))


def measured(people: int, seconds: float) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, running() as sink:
        at = [folder, str(sink.port)]
        subprocess.run([sys.executable, "-m", __spec__.name, "fill", *at, str(people)], check=True)
        began = time.perf_counter()
        command = [sys.executable, "-m", __spec__.name, "send", *at, str(seconds)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        took = time.perf_counter() - began
    peak = json.loads(said.splitlines()[-1])
    return {"people": people, "sent": sink.counts.messages, "seconds": round(took, 1), **peak}


def main() -> None:
    words = sys.argv[1:]
    if words[:1] == ["fill"]:
        fill(Path(words[1]), int(words[2]), int(words[3]))
    elif words[:1] == ["send"]:
        send(Path(words[1]), int(words[2]), float(words[3]))
    else:
        few, many, seconds = [float(word) for word in words] + [10_000, 1_000_000, 120][
            len(words) :
        ]
        sizes = [measured(int(people), seconds) for people in (few, many)]
        peaks = [float(str(size["peak_mb"])) for size in sizes]
        print(json.dumps({"sizes": sizes, "ratio": round(peaks[1] / peaks[0], 2)}))


if __name__ == "__main__":
    main()
