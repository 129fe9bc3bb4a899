"""Runs `up` with the stand-in commands; run as a program: start_up.py DATA PORT."""

import sys
from pathlib import Path

from holdfast.runtime.terminal import Terminal
from holdfast.runtime.up import Plan, up

if __name__ == "__main__":
    plan = Plan(
        data=Path(sys.argv[1]),
        host="127.0.0.1",
        port=int(sys.argv[2]),
        database_url="",
        public_url="",
        demo=False,
        workers=2,
        command=(sys.executable, str(Path(__file__).with_name("stand_in.py"))),
    )
    sys.exit(up(plan, terminal=Terminal()))
