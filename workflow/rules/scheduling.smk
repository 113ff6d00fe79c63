"""One look at the schedule a second, however many jobs have finished.

Snakemake 9 limits how many jobs it starts per second. After every look at the schedule it sets a timer for another one, and every job that
finishes makes one look more, so that after a hundred jobs it looks a hundred times a second and takes a core with it
(https://github.com/snakemake/snakemake/pull/3744). One timer at a time finds the same jobs.
"""

import threading

from snakemake.scheduling.job_scheduler import JobScheduler


def look_once(scheduler, delay_s):
    """Let the scheduler look again after ``delay_s`` seconds, unless it is going to already."""

    def look():
        scheduler.next_look = None
        scheduler._open_jobs.release()

    if getattr(scheduler, "next_look", None) is None:
        scheduler.next_look = threading.Timer(delay_s, look)
        scheduler.next_look.daemon = True
        scheduler.next_look.start()


# The name is misspelt in Snakemake. Where another version has none, nothing is changed.
if hasattr(JobScheduler, "_schedule_reevalutation"):
    JobScheduler._schedule_reevalutation = look_once
