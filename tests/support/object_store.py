"""A real S3 server on loopback (moto's), with a user and a key, and a line to it that breaks."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

BUCKET = "bucket"
PREPARED = """
import boto3, json, sys
url, bucket = sys.argv[1:]
options = dict(endpoint_url=url, region_name="us-east-1", aws_access_key_id="none", aws_secret_access_key="none")
iam = boto3.client("iam", **options)
iam.create_user(UserName="researcher")
allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="researcher", PolicyName="all", PolicyDocument=json.dumps(allow))
key = iam.create_access_key(UserName="researcher")["AccessKey"]
own = options | dict(aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"])
boto3.client("s3", **own).create_bucket(Bucket=bucket)
print(json.dumps([key["AccessKeyId"], key["SecretAccessKey"]]))
"""
"""Makes a user with a key, and a bucket. The three requests about the user do without a key; all later ones are checked."""
UNCHECKED_REQUESTS = "3"
STARTS_WITHIN_S = 120


@dataclass
class Store:
    """A server with one bucket, and the key of a user who may do everything with it. What it stores ends with it."""

    port: int
    process: subprocess.Popen[bytes]
    key: str
    secret: str

    @property
    def url(self) -> str:
        return address(self.port)

    def variables(self, secret: str | None = None) -> dict[str, str]:
        """Return where AWS's tools find the user's key; with another ``secret``, where one is given."""
        return {
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": secret or self.secret,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_MAX_ATTEMPTS": "2",
        }

    def kill(self) -> None:
        """End it at once, as a power loss does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def store(port: int | None = None) -> Iterator[Store]:
    """Start a server with an empty bucket, at a free port where none is given, and end it."""
    at = free_port() if port is None else port
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "--host", "127.0.0.1", "--port", str(at)],
        env={**os.environ, "INITIAL_NO_AUTH_ACTION_COUNT": UNCHECKED_REQUESTS},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(at, server)
        argv = [sys.executable, "-c", PREPARED, address(at), BUCKET]
        made = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr[-2000:]
        yield Store(at, server, *json.loads(made.stdout))
    finally:
        server.kill()
        server.wait()


def address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server listens."""
    deadline = time.monotonic() + STARTS_WITHIN_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            assert server.poll() is None and time.monotonic() < deadline, "the S3 server did not start"
            time.sleep(0.2)


@dataclass
class Line:
    """A forwarder of TCP on loopback to ``port``, which breaks in the middle.

    Attributes:
        limit: how many bytes pass towards the server, and back, until all is cut, and stays so; None for no limit.
        breaking: what is done first when it breaks.
    """

    port: int
    limit: int | None = None
    breaking: Callable[[], None] = lambda: None
    passed: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    listener: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return address(self.listener.getsockname()[1])

    @property
    def broken(self) -> bool:
        return self.limit is not None and self.passed > self.limit

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                with suppress(OSError, UnboundLocalError):
                    near.close()
                if self.listener.fileno() < 0:
                    return
                continue
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _passes(self, size: int) -> bool:
        """Count bytes; return whether they may pass."""
        with self.lock:
            before = self.broken
            self.passed += size
            if self.broken and not before:
                self.breaking()
            return not self.broken

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while (data := source.recv(65536)) and self._passes(len(data)):
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
