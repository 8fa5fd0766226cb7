"""The site's reference names every lesson once, every construct and every message."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from test_constructs import UNTAUGHT

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "cases"


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "docs" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


def test_each_lesson_stands_in_one_chapter(reference: ModuleType) -> None:
    page = reference.chapters(reference.lessons(CASES))

    assert all(page.count(f"]({path.name})") == 1 for path in CASES.glob("*.md"))


def test_a_lesson_in_no_chapter_stops_the_build(reference: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "999_new.md").write_text("# New\n", "utf-8")

    with pytest.raises(LookupError, match="999"):
        reference.lessons(tmp_path)


def test_each_construct_has_a_line_from_a_lesson(reference: ModuleType) -> None:
    page = reference.constructs(reference.lessons(CASES))

    for name, node in vars(reference.ast).items():
        is_node = isinstance(node, type) and issubclass(node, reference.ast.Node)
        if is_node and node is not reference.ast.Node and name not in UNTAUGHT | {"File"}:
            assert node.__doc__ is not None
            assert node.__doc__.partition("\n")[0].replace("|", "\\|") in page, name


def test_each_message_leads_to_its_page(reference: ModuleType) -> None:
    pages = sorted((ROOT / "docs" / "errors").glob("*.md"))
    page = reference.messages(pages, reference.lessons(CASES))

    assert all(f"]({each.name})" in page for each in pages)
    assert page.count("](../language/") > 50
