"""What ends every program that tests start, however the tests themselves end."""

import subprocess
import tempfile


class ProcessGroup:
    """The process group of everything that tests start; it ends with the tests' own process.

    Even if that one is killed: a shell outside the group waits for the end of a pipe that only
    the tests' process holds open, kills the group, then removes `folder`.  Ctrl-C in a terminal
    does not reach the group, so a program ends when its fixture ends it and not before.
    """

    _LEAD = "trap '' INT TERM HUP; read -r _"
    _GUARD = _LEAD + '; kill -s KILL -- "-$1"; rm -rf -- "$2"'

    def __init__(self):
        self._leader = self._shell(self._LEAD)
        self.id = self._leader.pid
        self.folder = tempfile.mkdtemp(prefix="tests-")
        self._guard = self._shell(self._GUARD, "guard", str(self.id), self.folder)

    @staticmethod
    def _shell(script, *args):
        command = ["/bin/sh", "-c", script, *args]
        return subprocess.Popen(command, stdin=subprocess.PIPE, process_group=0)

    def make_folder(self):
        """Make a folder whose name is short enough for a Unix socket in it."""
        return tempfile.mkdtemp(dir=self.folder)

    def close(self):
        for shell in (self._guard, self._leader):
            shell.stdin.close()
            shell.wait()
