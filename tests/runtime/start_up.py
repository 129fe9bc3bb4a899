"""Runs `up` with the stand-in commands; run as a program: start_up.py DATA PORT [operations]."""

import sys
from pathlib import Path

from holdfast.runtime.terminal import Terminal
from holdfast.runtime.up import Plan, up

if __name__ == "__main__":
    stand_in = (sys.executable, str(Path(__file__).with_name("stand_in.py")))
    plan = Plan(
        data=Path(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        database_url="",
        public_url="",
        demo=False,
        workers=2,
        operations=(*stand_in, "operations") if sys.argv[3:] == ["operations"] else (),
        command=stand_in,
    )
    sys.exit(up(plan, terminal=Terminal()))
