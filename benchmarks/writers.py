"""Many processes that save into one group at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import BaseContext
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median
from time import perf_counter

import pandas as pd

import modelgroups as mg
from benchmarks.bare import BareRegistry
from benchmarks.frames import built_model, make_frame
from benchmarks.measure import Context, Report, Row, median_ratio, quiet, run

__all__ = ["benchmark", "main"]

N_WRITERS = 8
N_SAVES = 50
N_ROWS = 1_000
N_TURNS = 9


@dataclass(frozen=True, slots=True)
class Job:
    """What one process does: where to, how many saves, of frames with how many rows."""

    folder: Path
    group_id: str
    seed: int
    n_saves: int
    n_rows: int


@dataclass(frozen=True, slots=True)
class Done:
    """What one process did: when its saves began and ended, and the numbers they were given."""

    start: float
    end: float
    numbers: list[int]


def benchmark(context: Context) -> Report:
    """Measure the rate of saves, and count numbers that were lost or given twice."""
    n_writers = context.size(N_WRITERS, quick=2)
    n_saves = context.size(N_SAVES, quick=3)
    n_rows = context.size(N_ROWS, quick=50)
    programs = {"ours": (_begin_ours, _save_ours), "bare": (_begin_bare, _save_bare)}
    rates: dict[str, list[float]] = {name: [] for name in programs}
    wrong = 0
    for turn in range(1 if context.quick else N_TURNS):
        for name in programs if turn % 2 else reversed(programs):
            begin, save = programs[name]
            folder = context.new_folder()
            group = begin(folder)
            jobs = [Job(folder, group, seed, n_saves, n_rows) for seed in range(n_writers)]
            seconds, numbers = _run(context.processes, save, jobs)
            rates[name].append(n_writers * n_saves / seconds)
            if name == "ours":
                wrong += _count_wrong(numbers, folder, n_writers * n_saves)
    report = Report()
    report.rows.append(
        Row(
            f"saves of {n_writers} processes",
            median(rates["ours"]),
            "/s",
            median(rates["bare"]),
            "bare program",
            median_ratio(rates["ours"], rates["bare"]),
            0.8,
            at_least=True,
        )
    )
    report.rows.append(Row("numbers lost or given twice", float(wrong), "", target=0))
    return report


def _begin_ours(folder: Path) -> str:
    """Make a registry with a group of one version, and return the group's id."""
    with quiet(), mg.connect(folder) as connection:
        model = built_model(connection, make_frame(50, n_floats=11, n_texts=3))
        model.save()
        return str(model.model_group_id)


def _begin_bare(folder: Path) -> str:
    BareRegistry(folder).close()
    return "group"


def _run(
    context: BaseContext,
    work: Callable[[Job, Barrier, Queue[Done]], None],
    jobs: Sequence[Job],
) -> tuple[float, list[int]]:
    """Start a process for each job; return the seconds of all and the numbers given."""
    together: Barrier = context.Barrier(len(jobs))
    answers: Queue[Done] = context.Queue()
    processes = [context.Process(target=work, args=(job, together, answers)) for job in jobs]
    for process in processes:
        process.start()
    done = [answers.get(timeout=300) for _ in jobs]
    for process in processes:
        process.join()
    seconds = max(one.end for one in done) - min(one.start for one in done)
    return seconds, [number for one in done for number in one.numbers]


def _save_ours(job: Job, together: Barrier, answers: Queue[Done]) -> None:
    frame = make_frame(job.n_rows, n_floats=11, n_texts=3)
    with quiet(), mg.connect(":memory:") as connection:
        built_model(connection, frame).save()  # warms up
    with quiet(), mg.connect(job.folder) as connection:
        group = connection.get_model_group(job.group_id)
        models = []
        for turn in range(job.n_saves):
            model = built_model(connection, _varied(frame, job.seed, turn))
            group.add_version(model)
            models.append(model)

        def save(model: mg.Model) -> int:
            model.save()
            return int(model.version_sequence_num or 0)

        answers.put(_in_step([partial(save, model) for model in models], together))


def _save_bare(job: Job, together: Barrier, answers: Queue[Done]) -> None:
    frame = make_frame(job.n_rows, n_floats=11, n_texts=3)
    with quiet(), mg.connect(":memory:") as connection:
        attributes = built_model(connection, frame).attributes or []
    warm = BareRegistry(job.folder / f"warm-{job.seed}")
    warm.save(frame, attributes)
    warm.close()
    bare = BareRegistry(job.folder)
    frames = [_varied(frame, job.seed, turn) for turn in range(job.n_saves)]
    answers.put(_in_step([partial(bare.save, fresh, attributes) for fresh in frames], together))
    bare.close()


def _in_step(saves: Sequence[Callable[[], int]], together: Barrier) -> Done:
    """Begin to save when all processes do, and return when the last one has saved.

    Else those that are done would close and exit, which costs much, while others are measured.
    The clock is the same for all processes.
    """
    together.wait(120)
    start = perf_counter()
    numbers = [save() for save in saves]
    end = perf_counter()
    together.wait(120)
    return Done(start, end, numbers)


def _count_wrong(given: list[int], folder: Path, expected: int) -> int:
    """Count the numbers that are not 2, 3, … each once, as given and as stored."""
    with mg.connect(folder) as connection:
        (group,) = connection.model_groups()
        stored = [version.version_sequence_num or 0 for version in group.list_versions()]
    wanted = Counter(range(2, expected + 2))
    lost = (wanted - Counter(given)) + (Counter(given) - wanted)
    unstored = (wanted + Counter([1])) - Counter(stored)
    return lost.total() + unstored.total()


def _varied(frame: pd.DataFrame, seed: int, turn: int) -> pd.DataFrame:
    """Return a frame that no other save has, so that each writes a file of its own."""
    varied = frame.copy()
    varied.loc[0, "p"] = 1 / (1_000 * seed + turn + 2)
    return varied


def main(argv: Sequence[str] | None = None) -> None:
    """Run this benchmark as a program."""
    run(benchmark, argv, "many processes that save into one group at once")


if __name__ == "__main__":
    main()
