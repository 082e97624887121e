"""What worked for a process is counted, whoever started it."""

import subprocess
import sys
import time

from bettersynth.data.files.processes import map_in_processes
from bettersynth.experiments.history.process_times import cpu_seconds

BUSY_SECONDS = 0.3
# the system counts in hundredths
LEAST = 0.9 * BUSY_SECONDS


def spend(seconds: float) -> int:
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass
    return 0


def test_workers_of_the_fork_server_are_counted():
    before = cpu_seconds()
    list(map_in_processes(spend, [BUSY_SECONDS] * 2, 2, chunk=1))
    assert cpu_seconds() - before > 2 * LEAST


def test_a_process_and_a_program_that_it_waited_for_are_counted():
    before = cpu_seconds()
    spend(BUSY_SECONDS)
    assert cpu_seconds() - before > LEAST
    before = cpu_seconds()
    busy = f"import time\nwhile time.process_time() < {BUSY_SECONDS}: pass"
    subprocess.run([sys.executable, "-S", "-c", busy], check=True)
    assert cpu_seconds() - before > LEAST
