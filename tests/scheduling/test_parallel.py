import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gongzao.kernel import InvalidValue
from gongzao.scheduling import Job, Objective, Problem, Resource, Stop, check, problem_to_json, solve
from gongzao.scheduling.generate import Recipe, generate
from gongzao.scheduling.parallel import OnRay, Threads, merged_bound, solve_parts, split
from tests.scheduling.problems import shop


def clusters(count: int) -> Problem:
    """Return clusters side by side, their orders mixed."""
    parts = [generate(Recipe(3, 6), k) for k in range(count)]
    resources: list[Resource] = []
    jobs: list[tuple[int, int, Job]] = []
    for k, part in enumerate(parts):
        base = len(resources)
        resources += [replace(r, calendar=None, setup=None, family=None, site=0) for r in part.resources]
        for i, job in enumerate(part.jobs):
            tasks = (
                replace(t, modes=tuple(replace(m, resource=m.resource + base) for m in t.modes)) for t in job.tasks
            )
            jobs.append((i, k, replace(job, tasks=tuple(tasks))))
    mixed = tuple(j for _, _, j in sorted(jobs, key=lambda row: row[:2]))
    return Problem(mixed, tuple(resources), objective=Objective.lexicographic("tardiness", "makespan"))


def test_a_problem_falls_apart_where_no_resource_is_shared() -> None:
    problem = clusters(3)
    parts = split(problem)
    assert sorted(j for p in parts for j in p.jobs) == list(range(len(problem.jobs)))
    owner = {j: k for k, p in enumerate(parts) for j in p.jobs}
    used = [(m.resource, owner[j]) for j, job in enumerate(problem.jobs) for task in job.tasks for m in task.modes]
    assert len(dict(used)) == len(set(used))
    assert len(parts) >= 3
    assert all(p.problem.jobs == tuple(problem.jobs[j] for j in p.jobs) for p in parts)
    assert len(split(generate(Recipe(3, 20), 1))) == 1


def test_merged_parts_make_one_checked_schedule_no_worse_than_the_best_seed() -> None:
    problem = clusters(2)
    one = solve_parts(problem, stop=Stop(iterations=4_000), seed=1)
    assert check(problem, one.schedule) == ()
    assert one.objective == one.schedule.value(problem)
    assert one.lower_bound <= one.objective
    many = solve_parts(problem, stop=Stop(iterations=12_000), seed=1, seeds=3, runner=Threads(2))
    assert many.objective <= one.objective
    assert many.iterations > one.iterations


def test_bounds_of_parts_add_up_but_makespans_do_not() -> None:
    problem = shop([[{0: 5}], [{1: 7}]], 2)
    result = solve_parts(problem, stop=Stop(iterations=100))
    assert (result.objective, result.lower_bound) == ((7,), (7,))
    levels = Objective.lexicographic("tardiness", "makespan", "cost")
    assert merged_bound(levels, [(3, 10, 5), (4, 12, 6)]) == (7, 12, 0)
    assert merged_bound(Objective.lexicographic("tardiness", "cost"), [(3, 10), (4, 12)]) == (7, 22)


def test_wrong_seeds_are_refused() -> None:
    with pytest.raises(InvalidValue, match="seeds"):
        solve_parts(shop([[{0: 5}]], 1), stop=Stop(iterations=1), seeds=0)


def test_without_a_cluster_joined_it_says_so() -> None:
    code = "schedule.ray_not_joined"
    try:
        import ray  # noqa: F401
    except ModuleNotFoundError:
        code = "schedule.no_ray"
    with pytest.raises(InvalidValue) as error:
        OnRay()
    assert error.value.code == code


ON_TWO_NODES = """
import ray
from ray.cluster_utils import Cluster
from gongzao.scheduling import Stop, check
from gongzao.scheduling.parallel import OnRay, Threads, solve_parts
from tests.scheduling.test_parallel import clusters

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
cluster.add_node(num_cpus=1)
runner = OnRay.join(cluster.address)
cluster.wait_for_nodes()
problem, stop = clusters(2), Stop(iterations=2_000)
result = solve_parts(problem, stop=stop, seed=1, seeds=2, runner=runner)
assert runner.slots() == 2, runner.slots()
assert check(problem, result.schedule) == ()
assert result.schedule == solve_parts(problem, stop=stop, seed=1, seeds=2, runner=Threads(2)).schedule
print("nodes", sum(n["Alive"] for n in ray.nodes()))
ray.shutdown()
cluster.shutdown()
"""


def test_ray_on_two_nodes_gives_what_threads_give() -> None:
    pytest.importorskip("ray", reason="Ray is not installed (extra gongzao[ray])")
    out = subprocess.run([sys.executable, "-c", ON_TWO_NODES], capture_output=True, text=True, check=False)
    assert out.returncode == 0, out.stderr
    assert out.stdout.strip().endswith("nodes 2")


def test_a_problem_in_one_part_is_simply_solved() -> None:
    problem = generate(Recipe(3, 20), 1)
    whole = solve_parts(problem, stop=Stop(iterations=3_000), seed=1)
    assert whole.objective <= solve(problem, stop=Stop(iterations=0)).objective


def test_the_command_solves_parts(tmp_path: Path) -> None:
    from gongzao.cli.schedule import app

    file, plan = tmp_path / "p.json", tmp_path / "o.json"
    file.write_text(problem_to_json(clusters(2)), encoding="utf-8")
    runner = CliRunner()
    args = ["solve", str(file), "--time-limit", "1", "--parts", "2", "--output", str(plan)]
    assert runner.invoke(app, args).exit_code == 0
    assert "feasible" in runner.invoke(app, ["check", str(file), str(plan)]).output
