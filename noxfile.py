"""What CI runs, and what a developer runs before a commit: `nox` for all of it, `nox -s tests` for one."""

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["lint", "types", "imports", "tests", "docs"]

LOCK = Path(".ci/dev.lock")


def develop(session: nox.Session) -> None:
    """Install the locked development environment and this checkout into the session."""
    session.install("--require-hashes", "--requirement", str(LOCK))
    session.install("--no-deps", "--editable", ".")


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: style, banned clock calls, formatting."""
    develop(session)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy, strict."""
    develop(session)
    session.run("mypy")


@nox.session
def imports(session: nox.Session) -> None:
    """The dependency rule between the rooms."""
    develop(session)
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests; arguments after `--` go to pytest."""
    develop(session)
    workers = [] if any(word.startswith("-n") for word in session.posargs) else ["-n4", "--dist=worksteal"]
    session.run("pytest", "--ignore=tests/docs", *workers, *session.posargs)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """The tests that take half an hour and more, such as two hundred kills amid an escalation."""
    develop(session)
    session.run("pytest", "-m", "soak", "tests/acceptance", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """Every command and config of the docs, run; and the generated reference, compared."""
    develop(session)
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The benchmarks; arguments after `--` choose them by file stem."""
    develop(session)
    stems = {path.stem for path in Path("bench").glob("*.py")} - {"target"}  # which serves the others
    chosen = session.posargs or sorted(stems)
    for stem in chosen:
        session.run("python", f"bench/{stem}.py")


@nox.session
def lock(session: nox.Session) -> None:
    """Write the locked environment anew from pyproject.toml."""
    if shutil.which("uv") is None:
        session.install("uv")
    options = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header"
    words = [
        "uv",
        "pip",
        "compile",
        *options.split(),
        "--all-extras",
        "--group",
        "dev",
        "--upgrade",
        "pyproject.toml",
    ]
    session.run(*words, "--output-file", str(LOCK), external=True)
