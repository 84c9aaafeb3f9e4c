"""Every document is written by the rules of the house, and by those of proselint that suit documents of programs."""

import subprocess
from pathlib import Path

import pytest
from proselint.checks import __register__ as checks
from proselint.config import DEFAULT
from proselint.registry import CheckRegistry
from proselint.tools import LintFile

from house import RULES, prose

ROOT = Path(__file__).resolve().parents[2]

# Quotation marks and dots are those of code, "resume" is a verb here, and names are written as their owners do.
UNSUITED = ["typography", "lexical_illusions", "spelling", "annotations", "hedging", "weasel_words"]

# Pages of others' words, and of patches.
LEFT_OUT = {"findings/README.md", "tests/mutants/README.md"}

# How each rule is broken.
BROKEN = {
    "sentences_are_short": "# A\n\n" + "word " * 31 + ".\n",
    "nothing_fills": "# A\n\nIt is very short.\n",
    "no_latin": "# A\n\nLists, e.g. News.\n",
    "nothing_is_promised": "# A\n\nIt is coming soon.\n",
    "no_manners": "# A\n\nPlease note the list.\n",
    "nothing_is_long_winded": "# A\n\nPause it in order to stop it.\n",
    "words_are_the_fields": "# A\n\nA group of Azure AD.\n",
    "headings_are_headings": "# A\n\nWords.\n\n### B\n",
    "no_word_stands_twice": "# A\n\nIt is the the list.\n",
    "it_says_at_once_what_it_is": "# A\n\n## B\n",
}


def documents():
    answer = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    there = [name for name in answer.stdout.splitlines() if (ROOT / name).is_file()]
    return sorted(set(there) - LEFT_OUT)


@pytest.fixture(scope="session")
def registry():
    registry = CheckRegistry()
    registry.register_many(checks)
    return registry


@pytest.mark.parametrize("name", documents())
def test_a_document_keeps_the_rules_of_the_house(name):
    text = prose((ROOT / name).read_text(encoding="utf-8"))
    broken = [f"{name}:{line}: {what}" for rule in RULES for line, what in rule(text)]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("name", documents())
def test_proselint_finds_nothing(name, registry):
    text = prose((ROOT / name).read_text(encoding="utf-8"))
    config = {**DEFAULT, "checks": {**DEFAULT["checks"], **dict.fromkeys(UNSUITED, False)}}
    results = LintFile(source=Path(name), content=text).lint(config)
    assert not results, "\n".join(f"{name}: {result}" for result in results)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_each_rule_can_be_broken_and_is_kept_by_plain_words(rule):
    assert list(rule(prose(BROKEN[rule.__name__])))
    plain = "# A list\n\nIt has people. `very`\n\n    very\n\n- An entry\n\n      very\n\n## A part\n\nMore words.\n"
    assert not list(rule(prose(plain)))


def test_there_are_ten_rules_and_the_documents():
    assert len(RULES) == 10
    assert {"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/links.md"} <= set(documents())
