"""Makes the pictures of README: `python tests/pictures/make.py` writes icons and screenshots into resource/.

Everything in them is real: a publish into the sandbox's studio, the tab over its outbox, the command line on it.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]

if __name__ == "__main__":
    # Qt, and the host name, are decided when they are first asked for: by then all of this has to be set.
    os.environ.update(QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR="2")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "source"), str(HERE / "machine")])
    sys.path[:0] = [str(ROOT / "source"), str(HERE / "machine"), str(ROOT / "tests")]
    import sitecustomize  # noqa: F401 - too late for this interpreter to do it by itself
    from shots import main

    main()
