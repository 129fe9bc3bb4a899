"""Plays Holdfast's own commands for the tests of `up`: prepare, web and worker, without Django; and `operations`.

`web` answers /readyz with its process number once the gate is open. Who serves says which operations it was told of.
"""

import json
import os
import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import psycopg


class Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(os.getpid()).encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def prepare(report_to: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS starts (at timestamptz DEFAULT now())")
        connection.execute("INSERT INTO starts DEFAULT VALUES")
        starts = connection.execute("SELECT count(*) FROM starts").fetchone()
    with os.fdopen(report_to, "w") as report:
        json.dump([["Starts", starts[0] if starts else 0]], report)


def web(descriptor: int) -> None:
    server = HTTPServer(("", 0), Web, bind_and_activate=False)
    server.socket = socket.socket(fileno=descriptor)
    server.serve_forever()


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["prepare", "--base-url", _, "--report-to", number, *_]:
            if "STAND_IN_FAILS" in os.environ:
                sys.exit("the tables are in a bad way")
            prepare(int(number))
        case ["operations", "--port", number]:
            HTTPServer(("127.0.0.1", int(number)), Web).serve_forever()
        case ["web", "--fd", number, "--gate", gate]:
            os.read(int(gate), 1)
            say(f"web asks {os.environ.get('HOLDFAST_OPERATIONS_URL')}")
            web(int(number))
        case ["worker"]:
            say(f"working as {os.getpid()}")
            say(f"worker asks {os.environ.get('HOLDFAST_OPERATIONS_URL')}")
            time.sleep(600)
        case [command, *_]:
            sys.exit(f"no such command: {command}")
