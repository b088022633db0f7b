"""Marking on Dask: a local cluster or any scheduler's address (dask-jobqueue, dask-kubernetes).

Every worker machine needs this checkout at the same path and a shared ``grading/``; verdicts come back as data and are
stored by the caller's process too.
"""

from __future__ import annotations

from collections.abc import Iterator

from .batch import How, Job, mark_one
from .course import Course, CourseError
from .sandbox import levels
from .sandbox.client import TemplateFailed
from .sandbox.levels import SandboxUnavailable
from .secret import load_secret
from .verdicts import Verdict, VerdictStore


def mark_on_cluster(
    course: Course, jobs: list[Job], *, how: How, address: str, workers: int = 1
) -> Iterator[Verdict]:
    """Mark jobs on a Dask cluster; yields each verdict as it is stored.

    A submission that takes its Dask worker with it is not tried on the next ones: its verdict says so.

    Args:
        course: the checkout.
        jobs: from :func:`.batch.stale`.
        how: sandbox, device, limits.
        address: of the scheduler, or ``"local"`` for a cluster on this machine.
        workers: processes of a local cluster.

    Raises:
        CourseError: if the scheduler does not answer.
        SandboxUnavailable, TemplateFailed: if a worker's machine cannot confine a submission.
    """
    import dask
    from distributed import Client, LocalCluster, as_completed

    if not jobs:
        return
    load_secret(course.grading)  # made here once, not by several workers at the same time
    # A poisonous submission should take one worker process and not four.
    dask.config.set({"distributed.scheduler.allowed-failures": 0, "distributed.comm.timeouts.connect": "20s"})
    if address == "local":
        levels.choose(how.sandbox)
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None
        )
        client = Client(cluster)
    else:
        cluster = None
        try:
            client = Client(address, timeout="20s")
        except (OSError, ValueError) as error:
            raise CourseError(f"No Dask scheduler answers at {address}: {error}") from None
    try:
        futures = {
            client.submit(mark_one, course.root, course.grading, job, how, pure=False, retries=0): job
            for job in jobs
        }
        for future in as_completed(futures):
            verdict = _result(future, futures[future], course, how)
            VerdictStore(course.verdicts).put(verdict)
            yield verdict
    finally:
        client.close()
        if cluster is not None:
            cluster.close()


def _result(future, job: Job, course: Course, how: How) -> Verdict:
    error = future.exception()
    if error is None:
        return Verdict.from_dict(future.result())
    if isinstance(error, (CourseError, SandboxUnavailable, TemplateFailed)):
        raise error  # a fault of the machine is no student's
    from .batch import crashed

    return crashed(
        course, job, f"Marking did not finish on the cluster ({type(error).__name__}). A person should look."
    )
