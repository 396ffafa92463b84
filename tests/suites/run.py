"""Runs suites that were not written here against the sandbox, each in a studio and an environment of its own.

It fetches no suite: name folders that hold their checkouts, more than one of a suite for more than one of its versions.
What they and their tests need is installed below build/suites/; what the runs said stays beside it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from environments import build
from ftrack_accsyn_sandbox.studio import Studio
from helpers import ROOT
from suites.accsyn_suites import SUITES as ACCSYN_SUITES
from suites.ftrack_suites import SUITES as FTRACK_SUITES
from suites.suite import Outcome, Place, Suite

SUITES: dict[str, Suite] = {**ACCSYN_SUITES, **FTRACK_SUITES}
ENVIRONMENTS = ROOT / "build" / "suites"

console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the suites whose checkouts were named, print the table, and return 1 if one missed its figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in SUITES:
        parser.add_argument(f"--{name}", action="append", default=[], type=Path, metavar="CHECKOUT", dest=name)
    chosen = vars(parser.parse_args(arguments))
    asked = [(SUITES[name], checkout.resolve()) for name, checkouts in chosen.items() for checkout in checkouts]
    if not asked:
        parser.error(f"name at least one checkout, like --{next(iter(SUITES))} FOLDER")
    missing = next((checkout for _, checkout in asked if not checkout.is_dir()), None)
    if missing is not None:  # told before an environment is built for it
        parser.error(f"There is no folder {missing}.")
    found = []
    for suite, checkout in asked:
        console.print(f"{suite.name} in {checkout} ..", markup=False, soft_wrap=True)
        try:
            outcome = run(suite, checkout)
        except (
            OSError,
            KeyError,
            RuntimeError,
            subprocess.SubprocessError,
        ) as error:  # the others are run all the same
            outcome = Outcome(0, 0, (f"all of it: {error}",))
        found.append((suite, revision(checkout), outcome))
        for name in outcome.failed:
            console.print(f"  not passed: {name}", markup=False, soft_wrap=True)
    console.print(table(found))
    return int(any(outcome.share < suite.wanted for suite, _, outcome in found))


def run(suite: Suite, checkout: Path) -> Outcome:
    """Run *suite* as *checkout* has it, in a copy that is thrown away."""
    at = revision(checkout)
    environment = ENVIRONMENTS / f"{suite.name}-{at}-python-{suite.python}"
    requirements = [requirement.format(checkout=checkout) for requirement in suite.requirements]
    python = build(environment, suite.python, requirements, stamp=at)
    with tempfile.TemporaryDirectory(prefix="ftrack-accsyn-suite-") as folder:
        root = Path(folder).resolve()
        copy = root / "checkout"
        shutil.copytree(checkout, copy, symlinks=True)
        scratch = root / "scratch"
        scratch.mkdir()
        with Studio(root / "studio") as studio:
            return suite.run(Place(copy, studio, python, scratch, environment.with_name(f"{environment.name}.log")))


def revision(checkout: Path) -> str:
    """Return the tag or commit of a checkout, "unknown" where git does not know."""
    git = ["git", "-C", str(checkout), "describe", "--tags", "--always", "--dirty"]
    said = subprocess.run(git, capture_output=True, text=True, check=False)
    return said.stdout.strip().replace("/", "-") or "unknown"


def table(found: Sequence[tuple[Suite, str, Outcome]]) -> Table:
    """Return one row for each suite that was run."""
    result = Table("suite", "revision", "passed", "of", "percent", "wanted", "")
    for suite, at, outcome in found:
        figures = (str(outcome.passed), str(outcome.of), f"{100 * outcome.share:.1f}", f"{100 * suite.wanted:.1f}")
        result.add_row(suite.name, at, *figures, "met" if outcome.share >= suite.wanted else "MISSED")
    return result


if __name__ == "__main__":
    sys.exit(main())
