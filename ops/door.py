"""The web door for reporting units: `python -m ops.door [--host H] [--port P]`; `--healthy` asks the one that runs.

On the loopback interface unless told otherwise. With both doors over HTTP closed it says so and does not start.
"""

from __future__ import annotations

import argparse
import http.client
import sys

from etl.errors import TongketError
from etl.settings import load_settings

HOST = "127.0.0.1"
PORT = 8090


def is_door_healthy(port: int) -> bool:
    """Whether the door on this machine answers, and its warehouse too."""
    connection = http.client.HTTPConnection(HOST, port, timeout=10)
    try:
        connection.request("GET", "/khoe")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def main(arguments: list[str] | None = None) -> int:
    """The shell's door. Exit code 0 done or well, 1 not well, 2 something is wrong and was named."""
    parser = argparse.ArgumentParser(prog="python -m ops.door", description=__doc__)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--healthy", action="store_true", help="ask the door that runs on this machine")
    chosen = parser.parse_args(arguments)
    if chosen.healthy:
        return 0 if is_door_healthy(chosen.port) else 1
    from etl.doors.door_server import serve_doors  # seconds of imports, which a health check does not need

    try:
        serve_doors(load_settings(), chosen.host, chosen.port)
    except TongketError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
