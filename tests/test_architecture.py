"""The directions of imports (the contracts in pyproject.toml) and the sizes of files."""

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[1]
LONGEST_FILE = 400


def test_imports_keep_every_contract(capsys):
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)

    assert not failed, capsys.readouterr().out


def test_no_source_file_is_longer_than_400_lines():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in (ROOT / "src").rglob("*.py")}

    assert lengths
    assert {path: length for path, length in lengths.items() if length > LONGEST_FILE} == {}
