"""Real servers on loopback, started and ended by the tests that need them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

REQUIRED = os.environ.get("SLAWATCH_REQUIRE_SERVERS") == "1"


def program(*names: str) -> str:
    """Return the path of the first of these programs that is installed; skip or fail without one."""
    for name in names:
        found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
        if found is not None:
            return found
        newest = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[4]))
        if newest:
            return str(newest[-1])
    reason = f"{' or '.join(names)} is not installed"
    if REQUIRED:
        pytest.fail(f"{reason}, and SLAWATCH_REQUIRE_SERVERS=1")
    pytest.skip(reason)


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged(*names: str) -> dict[str, object]:
    """Return what makes Popen run a server as one of these users: servers refuse to run as root."""
    if os.geteuid() != 0:
        return {}
    for name in (*names, "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
    raise AssertionError("there is no unprivileged user")


@contextmanager
def home(who: dict[str, object]) -> Iterator[Path]:
    """Make a folder for a server; not below pytest's own, which every run closes to all other users."""
    with tempfile.TemporaryDirectory(prefix="slawatch-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        if who:
            os.chown(path, who["user"], who["group"])
        yield path


def run(command: Sequence[str], said: str = "", **options: object) -> None:
    """Run a program to its end, which must be a good one."""
    done = subprocess.run(command, input=said.encode(), capture_output=True, **options)
    output = (done.stdout + done.stderr).decode(errors="replace")
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{output}"


@contextmanager
def running(command: Sequence[str], ready: Callable[[], bool], log: Path, **options: object) -> Iterator[int]:
    """Run a server until the block ends; it must be ready within half a minute."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True, **options
        )
        try:
            deadline = time.monotonic() + 30
            while not ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{command[0]} did not start:\n{log.read_text(errors='replace')}")
                time.sleep(0.02)
            yield process.pid
        finally:
            process.send_signal(signal.SIGINT if "postgres" in command[0] else signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass(frozen=True)
class Server:
    """A server under test.

    Attributes:
        port: on 127.0.0.1.
        socket: the path of its unix socket.
        ca: the file of the authority that signed its certificate.
    """

    port: int
    socket: str
    ca: str = ""


@dataclass(frozen=True)
class Certificates:
    """An authority, and a certificate for 127.0.0.1 and localhost signed by it."""

    ca: Path
    certificate: Path
    key: Path


def certificates(folder: Path, who: dict[str, object]) -> Certificates:
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    found = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    authority.cert_pem.write_to_path(found.ca)
    for blob in issued.cert_chain_pems:
        blob.write_to_path(found.certificate, append=True)
    issued.private_key_pem.write_to_path(found.key)
    found.key.chmod(0o600)
    for path in (found.ca, found.certificate, found.key):
        if who:
            os.chown(path, who["user"], who["group"])
    return found


@contextmanager
def postgresql() -> Iterator[Server]:
    """PostgreSQL with one user for each way to log in; the password of all is `s3cret-p4ss`."""
    postgres, initdb = program("postgres"), program("initdb")
    who = unprivileged("postgres")
    with home(who) as folder:
        issued = certificates(folder, who)
        data = folder / "data"
        create = [initdb, "-D", str(data), "-U", "boss", "-A", "trust", "--no-sync", "-E", "UTF8"]
        run(create, cwd=folder, env={"LC_ALL": "C", "PATH": os.defpath}, **who)
        (data / "pg_hba.conf").write_text(
            "local all all trust\n"
            "hostssl all onlytls 127.0.0.1/32 scram-sha-256\n"
            "hostnossl all onlytls 127.0.0.1/32 reject\n"
            "host all md5user 127.0.0.1/32 md5\n"
            "host all clear 127.0.0.1/32 password\n"
            "host all open 127.0.0.1/32 trust\n"
            "host all kerberos 127.0.0.1/32 gss\n"
            "host all stranger 127.0.0.1/32 reject\n"
            "host all all 127.0.0.1/32 scram-sha-256\n"
        )
        port = free_port()
        settings = {
            "listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": folder, "fsync": "off",
            "ssl": "on", "ssl_cert_file": issued.certificate, "ssl_key_file": issued.key,
            "max_connections": 20, "lc_messages": "C",
        }  # fmt: skip
        arguments = [item for name, value in settings.items() for item in ("-c", f"{name}={value}")]
        path = f"{folder}/.s.PGSQL.{port}"
        command = [postgres, "-D", str(data), *arguments]
        with running(command, lambda: listens(port), folder / "log", cwd=folder, **who):
            psql = [program("psql"), "-h", str(folder), "-p", str(port), "-U", "boss", "-d", "postgres", "-q"]
            script = """
                SET password_encryption = 'scram-sha-256';
                CREATE ROLE watcher LOGIN PASSWORD 's3cret-p4ss';
                CREATE ROLE onlytls LOGIN PASSWORD 's3cret-p4ss';
                CREATE ROLE clear LOGIN PASSWORD 's3cret-p4ss';
                CREATE ROLE kerberos LOGIN; CREATE ROLE open LOGIN; CREATE ROLE stranger LOGIN;
                CREATE ROLE umlaut LOGIN PASSWORD U&'p\\00E4ss\\2168\\00A0w\\00AD';
                SET password_encryption = 'md5';
                CREATE ROLE md5user LOGIN PASSWORD 's3cret-p4ss';
                CREATE DATABASE shop;
            """
            for _ in range(100):
                done = subprocess.run(
                    [*psql, "-v", "ON_ERROR_STOP=1"], input=script.encode(), capture_output=True
                )
                if done.returncode == 0:
                    break
                assert b"starting up" in done.stderr, done.stderr
                time.sleep(0.1)
            yield Server(port, path, str(issued.ca))


@contextmanager
def mariadb() -> Iterator[Server]:
    """MariaDB with users for each way to log in; the password of all is `s3cret-p4ss`."""
    daemon = program("mariadbd", "mysqld")
    install = program("mariadb-install-db", "mysql_install_db")
    client = program("mariadb", "mysql")
    who = unprivileged("mysql")
    with home(who) as folder:
        issued = certificates(folder, who)
        data = folder / "data"
        environment = {"PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin", "LC_ALL": "C"}
        create = [
            install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
            "--skip-test-db", "--skip-name-resolve",
        ]  # fmt: skip
        run(create, cwd=folder, env=environment, **who)
        port, path = free_port(), str(folder / "s")
        command = [
            daemon, "--no-defaults", f"--datadir={data}", f"--socket={path}", f"--port={port}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", f"--pid-file={folder}/pid",
            f"--ssl-ca={issued.ca}",
            f"--ssl-cert={issued.certificate}", f"--ssl-key={issued.key}", "--innodb-flush-method=fsync",
            "--innodb-buffer-pool-size=8M", "--plugin-load-add=auth_ed25519",
        ]  # fmt: skip
        with running(command, lambda: listens(port), folder / "log", cwd=folder, env=environment, **who):
            script = """
                CREATE USER watcher@'%' IDENTIFIED BY 's3cret-p4ss';
                CREATE USER onlytls@'%' IDENTIFIED BY 's3cret-p4ss' REQUIRE SSL;
                CREATE USER unusual@'%' IDENTIFIED VIA ed25519 USING PASSWORD('s3cret-p4ss');
                CREATE DATABASE shop;
                GRANT ALL ON shop.* TO watcher@'%';
            """
            run([client, "--no-defaults", f"--socket={path}", "-uroot"], said=script)
            yield Server(port, path, str(issued.ca))


@contextmanager
def redis(folder: Path) -> Iterator[Server]:
    """Redis, plain; the password is `s3cret-p4ss`, that of the user watcher, who may only PING, too."""
    port, path = free_port(), str(folder / "s")
    settings = [
        f"port {port}", f"unixsocket {path}", "user default on >s3cret-p4ss ~* +@all",
        "user watcher on >s3cret-p4ss +ping +select",
    ]  # fmt: skip
    with _redis(folder, settings, port):
        yield Server(port, path)


@contextmanager
def redis_with_tls(folder: Path) -> Iterator[Server]:
    """Redis over TLS only, without a password."""
    issued = certificates(folder, {})
    port = free_port()
    settings = [
        "port 0", f"tls-port {port}", f"tls-cert-file {issued.certificate}", f"tls-key-file {issued.key}",
        f"tls-ca-cert-file {issued.ca}", "tls-auth-clients no",
    ]  # fmt: skip
    with _redis(folder, settings, port):
        yield Server(port, "", str(issued.ca))


@contextmanager
def _redis(folder: Path, settings: list[str], port: int) -> Iterator[None]:
    server = program("redis-server", "valkey-server")
    config = folder / "redis.conf"
    config.write_text("\n".join(["bind 127.0.0.1", f"dir {folder}", 'save ""', *settings]) + "\n")
    with running([server, str(config)], lambda: listens(port), folder / "log"):
        yield
