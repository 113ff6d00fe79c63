"""Results and inputs in an object store, by DVC and by Snakemake's storage plugin, against a real S3 server on loopback."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from object_store import BUCKET, Line, Store, address, free_port, store
from project_copy import environment
from tiny_run import artifacts, reconfigure, with_environment

pytestmark = pytest.mark.scale

FILES, BYTES = 20, 200_000
WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")
WARM = "results/train/c256/warm_start/seed0/weights.safetensors"
TRAINED = "results/train/c256/baseline/seed0/weights.safetensors"
PUT = "import boto3, sys; boto3.client('s3', endpoint_url=sys.argv[1]).upload_file(*sys.argv[2:])"
LIST = (
    "import boto3, sys; found = boto3.client('s3', endpoint_url=sys.argv[1]).list_objects_v2(Bucket=sys.argv[2]); "
    "print(*(f'{o[\"Key\"]} {o[\"Size\"]}' for o in found.get('Contents', ())), sep='\\n')"
)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Store]:
    for module in ("moto", "dvc_s3", "snakemake_storage_plugin_s3"):
        pytest.importorskip(module, reason="make scale installs it")
    with store() as found:
        yield found


def run(folder: Path, variables: dict[str, str], *argv: str) -> tuple[int, str]:
    """Run a command, without keys but those in ``variables``; return its status and what it printed."""
    inherited = {name: value for name, value in environment(folder).items() if not name.startswith("AWS_")}
    done = subprocess.run(
        argv, cwd=folder, env=inherited | variables, capture_output=True, text=True, check=False, timeout=1200
    )
    return done.returncode, done.stdout + done.stderr


def dvc(folder: Path, variables: dict[str, str], *words: str) -> tuple[int, str]:
    return run(folder, variables, sys.executable, "-m", "dvc", *words)


def must(result: tuple[int, str]) -> str:
    """Return what a command printed that must have worked."""
    status, output = result
    assert status == 0, output[-5000:]
    return output


def refused(result: tuple[int, str]) -> list[str]:
    """Return the lines in which a command said why it failed; it must have."""
    status, output = result
    assert status != 0 and "Traceback" not in output, output[-5000:]
    return [line for line in output.splitlines() if line.startswith("ERROR")]


def at(project: Path, url: str) -> None:
    """Let a project's remote be at ``url``."""
    must(dvc(project, {}, "remote", "modify", "--local", "store", "endpointurl", url))


def tracked(folder: Path, prefix: str, url: str) -> Path:
    """Return a project with results of noise that DVC tracks, and a remote at ``url``."""
    results = folder / "results"
    results.mkdir(parents=True)
    for i in range(FILES):
        (results / f"{i}.bin").write_bytes(np.random.default_rng(i).bytes(BYTES))
    must(run(folder, {}, "git", "init", "--quiet"))
    must(dvc(folder, {}, "init", "--quiet"))
    must(dvc(folder, {}, "remote", "add", "--default", "store", f"s3://{BUCKET}/{prefix}"))
    at(folder, url)
    must(dvc(folder, {}, "add", "--quiet", "results"))
    return folder


@pytest.fixture
def project(bucket: Store, tmp_path: Path) -> Path:
    return tracked(tmp_path / "project", tmp_path.name, bucket.url)


def digests(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of the results, half-written ones included."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def forget(project: Path) -> None:
    """Remove results and cache, as in a clone that has pulled nothing."""
    for name in ("results", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(project / name)


def whole(project: Path) -> bool:
    """Return whether every file of DVC's cache is what its name says: a half-written one is not."""
    files = [path for path in (project / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    named = {path: path.parent.name + path.name.removesuffix(".dir") for path in files}
    return all(hashlib.md5(path.read_bytes()).hexdigest() == name for path, name in named.items())


def stored(bucket: Store, prefix: str) -> dict[str, int]:
    """Return the objects of a remote, with their sizes."""
    lines = must(run(Path.cwd(), bucket.variables(), sys.executable, "-c", LIST, bucket.url, BUCKET)).splitlines()
    return {key: int(size) for key, size in map(str.split, lines) if key.startswith(f"{prefix}/")}


@pytest.mark.parametrize("action", ["push", "pull"])
def test_wrong_and_missing_keys_are_said_at_once_and_nothing_is_lost(bucket: Store, project: Path, action: str) -> None:
    before = digests(project / "results")
    assert len(before) == FILES
    if action == "pull":
        must(dvc(project, bucket.variables(), "push"))
        forget(project)
    # One line that says why; of a pull, another one that says how many files are missing.
    lines = refused(dvc(project, bucket.variables(secret="wrong"), action))
    assert len(lines) == 1 + (action == "pull") and "(403)" in lines[0] and "Forbidden" in lines[0]
    missing = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_SHARED_CREDENTIALS_FILE": "none"}
    lines = refused(dvc(project, missing, action))
    assert len(lines) == 1 + (action == "pull") and "Unable to locate credentials" in lines[0]
    if action == "push":
        assert digests(project / "results") == before and stored(bucket, project.parent.name) == {}
    else:
        assert not (project / "results").exists()
    must(dvc(project, bucket.variables(), action))
    assert digests(project / "results") == before


def test_a_server_that_is_not_there_is_one_line(bucket: Store, project: Path) -> None:
    before = digests(project / "results")
    nobody = address(free_port())
    at(project, nobody)
    (line,) = refused(dvc(project, bucket.variables(), "push"))
    assert "Could not connect" in line and nobody in line
    at(project, bucket.url)
    must(dvc(project, bucket.variables(), "push"))
    assert digests(project / "results") == before


def test_a_push_over_a_line_that_breaks_is_completed_by_the_next(bucket: Store, project: Path) -> None:
    before, prefix = digests(project / "results"), project.parent.name
    line = Line(bucket.port, limit=FILES * BYTES // 2)
    at(project, line.url)
    lines = refused(dvc(project, bucket.variables(), "push"))
    assert line.broken and "files failed to upload" in lines[-1] and line.url in lines[0]
    arrived = stored(bucket, prefix)
    assert 0 < len(arrived) < FILES and set(arrived.values()) == {BYTES}
    line.limit = None
    said = must(dvc(project, bucket.variables(), "push"))
    # Only what had not arrived: files, and the list of them.
    assert f"{FILES + 1 - len(arrived)} files pushed" in said
    forget(project)
    must(dvc(project, bucket.variables(), "pull"))
    assert digests(project / "results") == before


def test_a_pull_over_a_line_that_breaks_leaves_nothing_half_written(bucket: Store, project: Path) -> None:
    before = digests(project / "results")
    must(dvc(project, bucket.variables(), "push"))
    forget(project)
    line = Line(bucket.port, limit=FILES * BYTES // 2)
    at(project, line.url)
    lines = refused(dvc(project, bucket.variables(), "pull"))
    assert line.broken and "files failed to download" in lines[-1]
    assert not (project / "results").exists() and whole(project)
    line.limit = None
    must(dvc(project, bucket.variables(), "pull"))
    assert digests(project / "results") == before and whole(project)


def test_a_server_that_is_killed_in_a_push_and_comes_back_empty_gets_everything(tmp_path: Path, bucket: Store) -> None:
    with store() as killed:
        line = Line(killed.port, limit=FILES * BYTES // 2, breaking=killed.kill)
        project = tracked(tmp_path / "project", "results", line.url)
        before = digests(project / "results")
        lines = refused(dvc(project, killed.variables(), "push"))
        assert killed.process.poll() is not None and "files failed to upload" in lines[-1]
    assert digests(project / "results") == before and whole(project)
    with store(killed.port) as again:
        at(project, again.url)
        assert f"{FILES + 1} files pushed" in must(dvc(project, again.variables(), "push"))
        forget(project)
        must(dvc(project, again.variables(), "pull"))
    assert digests(project / "results") == before


def test_a_recorded_run_is_shared_by_the_store_and_has_nothing_to_do_elsewhere(
    bucket: Store, finished: Path, tmp_path: Path
) -> None:
    project, clone = tmp_path / "project", tmp_path / "clone"
    shutil.copytree(finished, project)
    with_environment(project)
    must(run(project, {}, "git", "init", "--quiet", "--initial-branch=main"))
    must(dvc(project, {}, "remote", "add", "--default", "store", f"s3://{BUCKET}/run"))
    must(dvc(project, {}, "remote", "modify", "store", "endpointurl", bucket.url))
    must(run(project, {}, "make", "record"))
    must(run(project, {}, "git", "add", "--all"))
    must(run(project, {}, "git", *WHO, "commit", "--quiet", "--message", "results"))
    must(dvc(project, bucket.variables(), "push"))
    must(run(tmp_path, {}, "git", "clone", "--quiet", str(project), str(clone)))
    with_environment(clone)
    must(dvc(clone, bucket.variables(), "pull"))
    assert artifacts(clone) == artifacts(project)
    assert "Nothing to be done" in must(run(clone, {}, sys.executable, "-m", "snakemake", "--dry-run"))


def test_a_training_starts_from_weights_in_the_store(bucket: Store, finished: Path, tmp_path: Path) -> None:
    project = Path(shutil.copytree(finished, tmp_path / "project"))
    put = (sys.executable, "-c", PUT, bucket.url, WARM, BUCKET, "start/c256.safetensors")
    must(run(project, bucket.variables(), *put))
    before = (project / TRAINED).read_bytes()
    reconfigure(project, {"trainings": {"baseline": {"start": f"s3://{BUCKET}/start/{{cut}}.safetensors"}}})

    def train(variables: dict[str, str], url: str) -> tuple[int, str]:
        words = ("-m", "snakemake", TRAINED, "--storage-s3-endpoint-url", url, "--storage-s3-retries", "1")
        return run(project, variables, sys.executable, *words)

    # The plugin does not tell a file that is not there from one that it may not, or cannot, ask for.
    for variables, url in ((bucket.variables(secret="wrong"), bucket.url), (bucket.variables(), address(free_port()))):
        status, output = train(variables, url)
        assert status != 0 and "Traceback" not in output, output[-5000:]
        assert "Missing input files for rule train" in output
        assert f"s3://{BUCKET}/start/c256.safetensors (in storage)" in output
        assert (project / TRAINED).read_bytes() == before
    output = must(train(bucket.variables(), bucket.url))
    assert "rule train" in output and "rule prepare" not in output
    # The same weights, by another way: the same training.
    assert (project / TRAINED).read_bytes() == before
    assert "Nothing to be done" in must(train(bucket.variables(), bucket.url))
