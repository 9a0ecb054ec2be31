"""Finds every sentence that people read in the sources, and keeps the catalogues in step: `make catalogues`."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from inspect import cleandoc
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from programme.wording import FORMS, Language
from runtime.language import LANGUAGES

ROOT = Path(__file__).resolve().parent.parent
CATALOGUES = ROOT / "runtime" / "catalogues"
NOT_OURS = frozenset({"tests", "examples", "migrations", "benchmarks"})
"""Packages at the root that speak to nobody."""

SPEAKERS = frozenset({"_", "sentence", "Sentence"})
"""The functions whose first argument is a sentence of the catalogues."""
COUNTERS = frozenset({"counted"})
"""The functions whose first two are: for one, and for any other number."""

HEADER = """# The sentences of Mourafaka, by their English source; refreshed by `make catalogues`.
msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals={number}; plural={rule};\\n"

"""
"""Without dates: a catalogue changes only when a sentence does."""

Place = tuple[str, int]
"""A source file, relative to the repository, and a line."""
Key = str | tuple[str, str]
"""A sentence; of one that follows a number, the singular and the plural."""
Said = str | tuple[str, ...]
"""Its translation; of such a one, every form of the language."""


def keys(root: Path = ROOT) -> dict[Key, list[str]]:
    """Return every sentence of the packages under ``root``, sorted, with the places ("file:line") that say it."""
    return {key: [f"{file}:{line}" for file, line in places] for key, places in _found(_trees(root)).items()}


def unreadable(root: Path = ROOT) -> list[str]:
    """Return the places ("file:line") that say something else than a literal: no catalogue can have it.

    A sentence's own `template`, said again, was found where it was written.
    """
    return [
        f"{file}:{call.lineno}"
        for file, tree in _trees(root).items()
        for call in _spoken(tree)
        if not _keys_of(call) and not _is_said_again(call.args[0])
    ]


def refresh(language: Language, *, root: Path = ROOT, folder: Path = CATALOGUES) -> int:
    """Write a language's catalogue anew: translations are kept, what nobody says any more goes.

    Returns how many sentences are still to be translated.
    """
    path = folder / f"{language}.po"
    known, found = translations(path), _found(_trees(root))
    catalogue = Catalog(locale=language)
    number, rule = FORMS[language]
    for key, places in found.items():
        none = "" if isinstance(key, str) else ("",) * number
        message = catalogue.add(key, known.get(key) or none, locations=places)
        message.flags.clear()  # Babel takes "% of" for a Python format
    body = BytesIO()
    write_po(body, catalogue, width=0, omit_header=True, include_lineno=False)
    path.write_bytes(HEADER.format(language=language, number=number, rule=rule).encode() + body.getvalue())
    return sum(not all(forms(known.get(key) or "")) for key in found)


def translations(path: Path) -> dict[Key, Said]:
    """Return what a catalogue says for each sentence."""
    if not path.exists():
        return {}
    with path.open("rb") as lines:
        found = [(message.id, message.string or "") for message in read_po(lines) if message.id]
    return {
        key if isinstance(key, str) else (key[0], key[1]): text if isinstance(text, str) else tuple(text)
        for key, text in found
    }


def forms(said: Said) -> tuple[str, ...]:
    """Return every form of a translation, or of a sentence."""
    return (said,) if isinstance(said, str) else said


def _trees(root: Path) -> dict[str, ast.Module]:
    """Return the syntax trees of our packages, by file."""
    packages = (path.parent for path in sorted(root.glob("*/__init__.py")) if path.parent.name not in NOT_OURS)
    sources = (path for package in packages for path in sorted(package.rglob("*.py")))
    return {path.relative_to(root).as_posix(): ast.parse(path.read_bytes()) for path in sources}


def _found(trees: Mapping[str, ast.Module]) -> dict[Key, list[Place]]:
    found: dict[Key, list[Place]] = defaultdict(list)
    for file, tree in trees.items():
        for call in _spoken(tree):
            for key in _keys_of(call):
                found[key].append((file, call.lineno))
    for file, refusal in _refusals(trees):
        found[_template_of(refusal)].append((file, refusal.lineno))
    return {key: sorted(places) for key, places in sorted(found.items(), key=lambda one: forms(one[0])) if key}


def _spoken(tree: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of the speakers."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args and _name(node.func) in SPEAKERS | COUNTERS:
            yield node


def _keys_of(call: ast.Call) -> list[Key]:
    """Return what a speaker says; nothing where that is no literal."""
    if _name(call.func) in SPEAKERS:
        return [*_literals(call.args[0])]
    pairs = zip(_literals(call.args[0]), _literals(call.args[1]) if len(call.args) > 1 else [], strict=False)
    return [*pairs]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literals(node: ast.expr) -> list[str]:
    """Return what is said; of ("…" if … else "…"), both."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return _literals(node.body) + _literals(node.orelse)
    return []


def _is_said_again(node: ast.expr) -> bool:
    return _name(node.func if isinstance(node, ast.Call) else node) == "template"


def _refusals(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, ast.ClassDef]]:
    """Yield `Refusal` and its heirs, near and far; read, not imported: Prefect alone takes seconds."""
    classes = [
        (file, node) for file, tree in trees.items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    family, grown = {"Refusal"}, True
    while grown:
        heirs = {node.name for _file, node in classes if any(_name(base) in family for base in node.bases)}
        family, grown = family | heirs, not heirs <= family
    yield from ((file, node) for file, node in classes if node.name in family)


def _template_of(refusal: ast.ClassDef) -> str:
    """Return the sentence that `Refusal.template` makes of a class's docstring."""
    return " ".join(cleandoc(ast.get_docstring(refusal, clean=False) or "").split())


def main() -> None:
    """Refresh both catalogues, and say what is left to translate."""
    for language in LANGUAGES:
        print(f"{language}.po: {refresh(language)} to translate")  # noqa: T201 - a command's own voice


if __name__ == "__main__":
    main()
