"""100,000 rows into an empty list, and into one that has most of their people.

What is compared is processor time and the peak of memory: the time that a clock shows depends on what else the machine does.
"""

import os
import pathlib
import statistics
import subprocess
import tempfile

ROWS = 100_000
ROUNDS = 5
BOUND = 1.05


def export(start, department):
    """An HR export of so many people, from a number on."""
    head = "Employee #,Name,Work Email,Department,Location,Status\n"
    row = "{0},Person {0},p{0}@contoso.example,{1},Basel,Active\n"
    return head + "".join(row.format(number, department) for number in range(start, start + ROWS))


def measured(binary, folder, arguments):
    """Processor seconds and peak megabytes of one command."""
    known = {"PATH": os.environ["PATH"], "HOME": str(folder), "LISTSYNC_STORE": f"sqlite:{folder}/listsync.db"}
    process = subprocess.Popen([binary, *arguments], cwd=folder, env=known, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{arguments} exited with {process.returncode}"
    return {"time": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}


def imported(binary):
    """What both imports of a round used, by what was measured."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "before.csv").write_text(export(0, "Sales"))
        # A tenth is new, a tenth has left, and everybody else has moved.
        (folder / "after.csv").write_text(export(ROWS // 10, "Service"))
        measured(binary, folder, ["lists", "create", "Staff"])
        import_of = ["import", "--list", "Staff", "--mode", "full", "--profile", "bamboohr"]
        return {
            f"{what}, {unit}": value
            for what, file in [("into an empty list", "before.csv"), ("over last month's", "after.csv")]
            for unit, value in measured(binary, folder, [*import_of, file]).items()
        }


def all_hold(that, this):
    """Prints what both took, in turns; whether this one takes no more than it may."""
    rounds = [{"that": imported(that.listsync), "this": imported(this.listsync)} for _ in range(ROUNDS)]
    holds = True
    for what in rounds[0]["this"]:
        before, now = (statistics.median(each[side][what] for each in rounds) for side in ("that", "this"))
        holds &= now <= BOUND * before
        print(f"{what:<44} {before:>8.2f} → {now:>8.2f}  {now / before:.3f} times", flush=True)
    return holds
