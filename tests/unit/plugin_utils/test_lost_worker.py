# Copyright: (c) 2026, drdrill.powerstore contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which end of a worker is an accident; in a process of its own, as it listens to all signals of its process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / '.ansible/collections'}"}

CASE = """
import os, signal, sys, time
from ansible_collections.drdrill.powerstore.plugins.plugin_utils import _lost_worker as lost
from ansible.executor.task_queue_manager import AnsibleEndPlay, TaskQueueManager

lost.IDLE, lost._LOOK = 0.3, 0.05
lost.watch("run this")
how, seconds = sys.argv[1], float(sys.argv[2])

def run():  # as Ansible waits for its workers
    child = os.fork()
    if child == 0:
        if how == "ends":
            os._exit(3)
        os.kill(os.getpid(), signal.Signals[how])
        time.sleep(60)
    end = time.monotonic() + 60
    while how in ("SIGKILL", "SIGSEGV") and not lost._watch._lost and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(seconds)

class Slow:  # the end of a large process
    def __del__(self, sleep=time.sleep):
        sleep(0.5)

slow = Slow()
lost.TaskQueueManager = type("Manager", (), {"run": staticmethod(run), "RUN_FAILED_HOSTS": 2})
try:
    if "outside" in sys.argv:
        other = type(run)(run.__code__.replace(co_name="other"), globals())
        other()
    else:
        run()
    print("went on")
except AnsibleEndPlay as ended:
    print("ended with", ended.result)
"""


@pytest.mark.parametrize(
    ("arguments", "printed", "warned"),
    [
        # As long as it takes on a loaded machine; and long enough for what does not happen.
        (["SIGKILL", "60"], "ended with 2", True),
        (["SIGSEGV", "60"], "ended with 2", True),
        (["SIGTERM", "2.5"], "went on", False),
        (["ends", "2.5"], "went on", False),
        (["SIGKILL", "2.5", "outside"], "went on", True),
    ],
    ids=["killed", "crashed", "asked to end", "ended", "in no play"],
)
def test_a_worker_that_was_killed_ends_the_play(arguments: list[str], printed: str, warned: bool) -> None:
    done = subprocess.run([sys.executable, "-c", CASE, *arguments], env=ENVIRONMENT, capture_output=True, text=True)
    assert done.stdout.strip() == printed, done.stderr
    assert ("run this" in done.stderr) is warned and done.returncode == 0


SIGNALLED = """
import os, signal, sys, time
from ansible_collections.drdrill.powerstore.plugins.plugin_utils import _lost_worker as lost

lost.watch("run this")
before = set(sys.modules)
for _child in range(3):
    if os.fork() == 0:
        os.kill(os.getpid(), signal.SIGKILL)
end = time.monotonic() + 60
while len(lost._watch._lost) < 3 and time.monotonic() < end:
    time.sleep(0.1)
print(len(lost._watch._lost), sorted(set(sys.modules) - before))
"""


def test_the_handler_of_the_signal_imports_nothing() -> None:
    """It may be interrupted by the next signal, and an import that is half done fails."""
    done = subprocess.run([sys.executable, "-c", SIGNALLED], env=ENVIRONMENT, capture_output=True, text=True)
    lost, _space, imported = done.stdout.strip().partition(" ")
    assert lost == "3" and imported == "[]", done.stdout + done.stderr
