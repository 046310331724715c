"""Load for a server on loopback, from a process of its own: `wrk` where present, else asyncio.

`pressed` asks for the given paths in turn over a number of connections that are kept alive, each
asking again once it was answered.
"""

import asyncio
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

HEADERS = {
    "Accept": "image/avif,image/webp,*/*;q=0.8",
    "Accept-Language": "en-GB,en;q=0.7",
    "Accept-Encoding": "gzip, deflate, br",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
}
_LUA = """
local paths, requests, at = {%s}, {}, 0
init = function(args)
  for i, path in ipairs(paths) do requests[i] = wrk.format("GET", path) end
end
request = function()
  at = at %% #requests + 1
  return requests[at]
end
done = function(summary, latency, requests)
  io.write(string.format('{"requests": %%d, "seconds": %%f, "failed": %%d, "p50_ms": %%f, '
    .. '"p99_ms": %%f}\\n', summary.requests, summary.duration / 1e6,
    summary.errors.status + summary.errors.read + summary.errors.connect + summary.errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    failed: int
    p50_ms: float
    p99_ms: float

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def pressed(port: int, paths: Sequence[str], *, connections: int, seconds: float) -> Load:
    wrk = shutil.which("wrk")
    if wrk is None:
        command = [sys.executable, "-m", "benchmarks.load", str(port), str(connections)]
        told = json.dumps({"paths": list(paths), "seconds": seconds})
        ran = subprocess.run(command, input=told, capture_output=True, text=True, check=True)
        return Load(**json.loads(ran.stdout))
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_LUA % ",".join(f'"{path}"' for path in paths))
        script.flush()
        named = [part for name, value in HEADERS.items() for part in ("-H", f"{name}: {value}")]
        options = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "-s", script.name]
        command = [wrk, *options, *named, f"http://127.0.0.1:{port}"]
        ran = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"^\{.*\}$", ran.stdout, re.MULTILINE)
    assert found is not None, ran.stdout + ran.stderr
    return Load(**json.loads(found[0]))


async def _press(port: int, paths: Sequence[str], connections: int, seconds: float) -> Load:
    head = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    requests = [f"GET {path} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode() for path in paths]
    end = time.perf_counter() + seconds
    took: list[float] = []
    failed = 0

    async def visit(first: int) -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        at = first
        while (began := time.perf_counter()) < end:
            writer.write(requests[at % len(requests)])
            answer = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
            await reader.readexactly(int(length[1]) if length else 0)
            took.append(time.perf_counter() - began)
            failed += not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.1 302"))
            at += connections
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(visit(number) for number in range(connections)))
    took.sort()
    middle, late = took[len(took) // 2], took[len(took) * 99 // 100]
    return Load(len(took), time.perf_counter() - began, failed, middle * 1e3, late * 1e3)


if __name__ == "__main__":
    told = json.loads(sys.stdin.read())
    load = asyncio.run(_press(int(sys.argv[1]), told["paths"], int(sys.argv[2]), told["seconds"]))
    print(json.dumps(load.__dict__))
