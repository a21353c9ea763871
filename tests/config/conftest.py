from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from slawatch.config.load import Config, ConfigError, Problem, load

Load = Callable[..., Config]
Problems = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Load a text as the config file of a folder of its own, with further files beside it."""

    def read(text: str | bytes, env: Mapping[str, str] | None = None, **beside: str) -> Config:
        path = tmp_path / "slawatch.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(0o640)
        for name, content in beside.items():
            folder = tmp_path / "conf.d"
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.toml").write_text(content)
        return load(path, env={"HOME": str(tmp_path)} if env is None else env)

    return read


@pytest.fixture
def problems(read: Load) -> Problems:
    """Load a text that has mistakes, and return them."""

    def problems(
        text: str | bytes, env: Mapping[str, str] | None = None, **beside: str
    ) -> tuple[Problem, ...]:
        with pytest.raises(ConfigError) as caught:
            read(text, env, **beside)
        return caught.value.problems

    return problems
