"""Open pages in Chromium as a person would, and ask it what it sees: over a pipe, so that no package is needed.

with Browser() as browser:
    seen = browser.open(Path("report.html"), width=390, dark=True)
"""

import json
import os
import shutil
import tempfile
import time
from base64 import b64decode
from fcntl import F_DUPFD_CLOEXEC, fcntl
from pathlib import Path
from signal import SIGKILL, SIGTERM
from types import TracebackType
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"  # which `npm ci --prefix benchmarks` installs
PATIENCE = 10  # seconds until a browser is made to end
TALLEST = 16_000  # pixels of a picture of a page


def chromium() -> str | None:
    """Return the path of Chromium; none where it is not installed."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """One Chromium without a window, with one page.

    Attributes:
        messages: are what the page wrote to its console and the errors it met, since it was opened.
        requests: are the addresses that it asked for, besides its own and those that hold what they name.
    """

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.requests: list[str] = []
        self._number = 0

    def __enter__(self) -> Self:
        self._profile = tempfile.TemporaryDirectory(prefix="unspool-browser-", ignore_cleanup_errors=True)
        (theirs, self._to), (self._from, answers) = os.pipe(), os.pipe()
        command = [str(chromium()), *OPTIONS, f"--user-data-dir={self._profile.name}", "about:blank"]
        apart = [fcntl(one, F_DUPFD_CLOEXEC, 10) for one in (theirs, answers)]  # from the numbers that Chromium has
        nothing = [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (1, 2)]
        moved = [(os.POSIX_SPAWN_DUP2, one, number) for one, number in zip(apart, (3, 4), strict=True)]
        self._process = os.posix_spawn(command[0], command, os.environ, file_actions=[*nothing, *moved])
        for one in (theirs, answers, *apart):
            os.close(one)
        self._rest, self._session = b"", ""
        try:
            target = self.ask("Target.createTarget", url="about:blank")["targetId"]
            self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.ask(f"{domain}.enable")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End Chromium, and remove what it wrote."""
        os.kill(self._process, SIGTERM)
        end = time.monotonic() + PATIENCE
        while not os.waitpid(self._process, os.WNOHANG)[0]:
            if time.monotonic() > end:
                os.kill(self._process, SIGKILL)
            time.sleep(0.02)
        os.close(self._to)
        os.close(self._from)
        self._profile.cleanup()

    def open(self, page: Path, width: int = 1280, height: int = 900, dark: bool = False) -> None:
        """Open a page, and wait until it is loaded.

        Args:
            page: is its file.
            width: is that of the window, in pixels; below 600 it is a phone.
            height: is that of the window.
            dark: prefers dark colours.
        """
        self.messages, self.requests = [], []
        scheme = "dark" if dark else "light"
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        size: dict[str, Any] = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.ask("Emulation.setDeviceMetricsOverride", **size)
        # Without this, Tab may leave the page for the browser's bars.
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def run(self, expression: str) -> Any:
        """Return the value of an expression in the page, also of a promise."""
        found = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            raise RuntimeError(json.dumps(found["exceptionDetails"]))
        return found["result"].get("value")

    def press(self, key: str) -> None:
        """Press and release a key, such as `Tab` or `ArrowRight`."""
        codes = {"Tab": 9, "Escape": 27, "End": 35, "Home": 36, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39}
        code = {"windowsVirtualKeyCode": codes.get(key, 40), "key": key, "code": key}
        for kind in ("rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, **code)

    def picture(self, target: Path, whole: bool = True, quality: int = 80) -> None:
        """Write a picture of the page, a PNG or by its name a WebP.

        Args:
            target: is the file to write.
            whole: shows all of the page rather than the window.
            quality: is that of a WebP, 0 to 100.
        """
        more: dict[str, Any] = {"format": "webp", "quality": quality} if target.suffix == ".webp" else {"format": "png"}
        if whole:
            width, height = self.run("[document.documentElement.clientWidth, document.documentElement.scrollHeight]")
            clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
            more |= {"captureBeyondViewport": True, "clip": clip}
        target.write_bytes(b64decode(self.ask("Page.captureScreenshot", **more)["data"]))

    def violations(self) -> list[str]:
        """Return what axe-core finds: the rule, and where it is broken."""
        self.run(AXE.read_text(encoding="utf-8") + "; 0")
        rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
        told = (
            "one.id + ': ' + one.help + ' ' + one.nodes.slice(0, 3).map(node => node.html + node.failureSummary).join()"
        )
        code = f"axe.run(document, {json.dumps(rules)}).then(found => found.violations.map(one => {told}))"
        found: list[str] = self.run(code)
        return found

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask Chromium for something, and return its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        found: dict[str, Any] = answer["result"]
        return found

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._from, 1 << 20)
            if not more:
                raise RuntimeError("Chromium ended")
            self._rest += more
        raw, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(raw)
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            address = parameters["request"]["url"]
            if not address.startswith("data:") and parameters.get("type") != "Document":
                self.requests.append(address)
        elif method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
            self.messages.append(json.dumps(parameters)[:500])
