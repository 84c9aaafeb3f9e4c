"""Runs a command on a terminal of its own: `run.py COMMAND…`.

What the command draws comes out on standard output, and what comes in on standard input is typed. It ends with the exit code
of the command, which is killed once standard input ends."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios

ROWS, COLUMNS = 40, 120


def run(command):
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        os.execvp(command[0], command)
    inputs = [terminal, sys.stdin.fileno()]
    while True:
        ready = select.select(inputs, [], [])[0]
        if terminal in ready:
            try:
                drawn = os.read(terminal, 65536)
            except OSError:
                # So Linux tells that nobody draws any more.
                drawn = b""
            if not drawn:
                break
            sys.stdout.buffer.write(drawn)
            sys.stdout.buffer.flush()
        if sys.stdin.fileno() in ready:
            typed = os.read(sys.stdin.fileno(), 1024)
            if typed:
                os.write(terminal, typed)
            else:
                inputs = [terminal]
                os.kill(child, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
