"""What the guide says that it costs is the quantities of it by its prices, and each price has a source and a day."""

import re
from pathlib import Path

import pytest

from template import source

GUIDE = (Path(__file__).parents[2] / "infra" / "README.md").read_text()
CHAPTER = GUIDE.split("### What it costs\n")[1].split("\n### ")[0]


def tables():
    """Rows of cells, by what stands above the first column."""
    found = {}
    for block in re.findall(r"(?:^\|.*\n)+", CHAPTER, flags=re.M):
        head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in block.splitlines()]
        found.setdefault(head[0], []).append(rows)
    return found


def number(text):
    return float(text.replace(",", ""))


PRICES = {row[0]: row for row in tables()["what"][0]}


@pytest.mark.parametrize("what", PRICES)
def test_a_price_has_a_source_and_a_day(what):
    _, price, unit, said = PRICES[what]
    assert number(price) > 0 and unit
    link, day = re.fullmatch(r"\[[^]]+\]\[(\w+)\], (?:read )?(20\d\d(?:-\d\d-\d\d)?)", said).groups()
    assert re.search(rf"^\[{link}\]: https://", CHAPTER, flags=re.M) and day


@pytest.mark.parametrize("part", ["runs", "base", "lists"])
def test_a_sum_is_quantities_by_prices(part):
    *rows, (_, _, _, total) = tables()[part][0]
    for what, how, quantity, said in rows:
        price, unit = number(PRICES[what][1]), PRICES[what][2]
        by = 1_000_000 if unit.startswith("a million") else 1
        # To the cent, and half of one rounded either way.
        assert abs(number(quantity) / by * price - number(said)) < 0.0051, what
    assert round(sum(number(said) for *_, said in rows), 2) == number(total)


def test_the_quantities_of_runs_are_those_of_a_run():
    for what, how, quantity, _ in tables()["runs"][0][:-1]:
        each = number(how.split(" ")[0]) / (1_000_000 if how.endswith(" KB") else 1)
        assert number(quantity) == pytest.approx(2_880_000 * each), what


def test_the_last_table_adds_them_up():
    sums = {part: number(tables()[part][0][-1][3]) for part in ("runs", "base", "lists")}
    row = tables()["lists"][1][1]
    assert [number(cell) for cell in row[2:5]] == list(sums.values())
    assert f"about {sum(sums.values()):.0f} USD" in row[5]
    (told,) = re.findall(r"(\d+) USD for 1,000", (Path(__file__).parents[2] / "docs" / "deploy.md").read_text())
    assert int(told) == round(sum(sums.values()))


def test_the_alarms_are_counted():
    """Those that every stack has: the API's comes with it."""
    alarms = [it for it in source()["Resources"].values() if it["Type"] == "AWS::CloudWatch::Alarm"]
    (row,) = [row for row in tables()["base"][0] if row[0] == "Alarms"]
    assert number(row[2]) == len([alarm for alarm in alarms if "Condition" not in alarm])
