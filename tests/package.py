"""The built package to a fresh environment outside the tree: sdist, wheel, install, decide.

`pip install .` would hide a file that the sdist lacks, so the wheel is made from the sdist.
"""

import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

TRIAL = """
import aidrules, importlib.metadata, pathlib
home = pathlib.Path(aidrules.__file__).parent
assert not str(home).startswith(__import__("sys").argv[1]), home
for name in ("grammar/aidrules.lark", "grammar/tables.py", "lexicon/zh.toml", "py.typed"):
    assert (home / name).is_file(), name
policy = aidrules.load("cn.minimum_living")
assert policy.is_valid, aidrules.render(policy.diagnostics, "en")
failed = [result.title for result in policy.test() if not result.passed]
assert not failed, failed
(entry,) = importlib.metadata.entry_points(group="pytest11", name="aidrules")
needs = sorted(each for each in importlib.metadata.requires("aidrules") if "extra" not in each)
assert [each.rstrip("0123456789.,<>=") for each in needs] == ["attrs", "lark"], needs
try:
    policy.screen({}, "2024-06-01", "out")
except ImportError as error:
    assert "aidrules[" in str(error), error
else:
    raise AssertionError("screened without the extra")
print("the wheel decides:", len(policy.test()), "examples of", policy.name)
"""


def main() -> int:
    """Build, install and try; return the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "dist"
        _run(sys.executable, "-m", "build", "--outdir", str(out), str(ROOT))
        (wheel,) = out.glob("*.whl")
        home = Path(folder) / "fresh"
        venv.create(home, with_pip=True)
        python = str(home / "bin" / "python")
        _run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
        _run(python, "-c", TRIAL, str(ROOT), cwd=folder)
        _run(str(home / "bin" / "aidrules"), "check", "cn.minimum_living", cwd=folder)
    return 0


def _run(*command: str, cwd: str | None = None) -> None:
    subprocess.run(command, check=True, cwd=cwd)  # noqa: S603 - the tools named above


if __name__ == "__main__":
    sys.exit(main())
