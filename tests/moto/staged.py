"""The emulated AWS with the shipped stack on it, once for a suite: to load it and to make the stack takes a processor five
seconds, and a copy of the process that has done so none.

Whoever connects to the port that is told gets a copy of its own: a line of JSON with its port and with what deploying the
stack told (see tests/infra/deploy.py). The copy ends with the connection."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading

DEPLOY = pathlib.Path(__file__).parents[1] / "infra" / "deploy.py"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def deployed(server):
    """Makes the stack at this server, which answers no longer than it takes."""
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    known = os.environ | CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}"}
    told = subprocess.run([sys.executable, DEPLOY, "listsync"], env=known, check=True, stdout=subprocess.PIPE).stdout
    server.shutdown()
    serving.join()
    server.server_close()
    return json.loads(told)


def serve(listening, end_with):
    """Serves copies until this process is ended. `listening` makes a server."""
    outputs = deployed(listening("deployed"))
    # Nobody waits for a copy.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.create_server(("127.0.0.1", 0)) as door:
        print(door.getsockname()[1], flush=True)
        while True:
            whose, _ = door.accept()
            if os.fork() == 0:
                door.close()
                be_a_copy(whose, listening("deployed"), outputs, end_with)
            whose.close()


def be_a_copy(whose, server, outputs, end_with):
    threading.Thread(target=end_with, args=[whose.fileno()], daemon=True).start()
    whose.sendall(json.dumps({"port": server.server_port, "outputs": outputs}).encode() + b"\n")
    sys.stdout = open(os.devnull, "w")
    try:
        server.serve_forever()
    finally:
        os._exit(1)
