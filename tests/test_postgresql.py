"""A run on the results of queries of a real PostgreSQL, started for it and stopped again."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow", reason="tables need the extra [population]")
pytest.importorskip("adbc_driver_postgresql", reason="it needs make postgresql")

import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi

import aidrules

NINE = Path(__file__).parents[1] / "benchmarks" / "nine_rules.aid"
ON = "2024-06-01"
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


def _as_postgres() -> dict[str, Any]:
    """Return how its programs are run: never by root."""
    if os.geteuid() != 0:
        return {}
    known = pwd.getpwnam("postgres")
    return {"user": known.pw_uid, "group": known.pw_gid}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a server on this machine."""
    if not PROGRAMS:
        pytest.skip("no PostgreSQL is installed")
    home = tmp_path_factory.mktemp("postgresql")
    for folder in (home, *home.parents[:2]):
        folder.chmod(0o755)
    data = home / "data"
    data.mkdir()
    how = _as_postgres()
    if how:
        shutil.chown(data, how["user"], how["group"])
        shutil.chown(home, how["user"], how["group"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    programs = PROGRAMS[-1]

    def run(*line: str) -> None:
        subprocess.run(line, check=True, capture_output=True, cwd=home, **how)  # noqa: S603 - our own lines

    run(str(programs / "initdb"), "-D", str(data), "-U", "aid", "-A", "trust", "-E", "UTF8")
    options = f"-p {port} -k {home} -c listen_addresses=127.0.0.1"
    control = str(programs / "pg_ctl")
    run(control, "-D", str(data), "-o", options, "-l", str(home / "log"), "-w", "start")
    yield f"postgresql://aid@127.0.0.1:{port}/postgres"
    run(control, "-D", str(data), "-m", "immediate", "stop")


def test_a_run_on_queries_is_the_run_on_files(server: str, tmp_path: Path) -> None:
    policy = aidrules.load(NINE)
    made = policy.synthesize(500, tmp_path / "made", seed=3, unknown=Fraction(1, 50))
    files = {path.stem: path for path in made.glob("*.parquet")}
    with dbapi.connect(server) as connection, connection.cursor() as cursor:
        for kind, path in files.items():
            cursor.adbc_ingest(kind, pq.read_table(path))
        connection.commit()
        queried = {}
        for kind in files:
            cursor.execute(f"select * from {kind} order by id")  # noqa: S608 - our own names
            queried[kind] = cursor.fetch_arrow_table()
    expected = policy.screen(files, ON, tmp_path / "files", complete={"person"})
    found = policy.screen(queried, ON, tmp_path / "queries", complete={"person"})

    assert found.summary == expected.summary
    assert found.decisions().equals(expected.decisions())
    assert expected.summary["records"]["household"]["accepted"] == 500
