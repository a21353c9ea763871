"""Where the file and the data are looked for."""

from pathlib import Path

import pytest

from slawatch.config.load import ConfigError, load
from slawatch.config.locate import extra_files, find, peek_data_dir


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path


def touch(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_order(tmp_path: Path) -> None:
    env = {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "xdg"),
        "SLAWATCH_CONFIG": "from-env.toml",
    }
    touch(tmp_path / "xdg/slawatch/slawatch.toml")
    touch(tmp_path / "here/slawatch.toml")
    touch(tmp_path / ".config/slawatch/slawatch.toml")
    assert find(Path("named.toml"), env) == Path("named.toml")
    assert find(None, env) == Path("from-env.toml")
    del env["SLAWATCH_CONFIG"]
    assert find(None, env) == Path("slawatch.toml")
    (tmp_path / "here/slawatch.toml").unlink()
    assert find(None, env) == tmp_path / "xdg/slawatch/slawatch.toml"
    del env["XDG_CONFIG_HOME"]
    assert find(None, env) == tmp_path / ".config/slawatch/slawatch.toml"


def test_none_at_all_says_where_it_was_looked_for(tmp_path: Path) -> None:
    if Path("/etc/slawatch/slawatch.toml").exists():
        pytest.skip("this machine has a configuration of its own")
    with pytest.raises(ConfigError) as caught:
        find(None, {"HOME": str(tmp_path)})
    message = str(caught.value)
    for part in (
        "slawatch.toml",
        f"{tmp_path}/.config/slawatch/slawatch.toml",
        "/etc/slawatch",
        "slawatch init",
    ):
        assert part in message


@pytest.mark.parametrize(
    ("written", "env", "place"),
    [
        (
            "",
            {"STATE_DIRECTORY": "/var/lib/slawatch:/x", "XDG_STATE_HOME": "/s", "HOME": "/h"},
            "/var/lib/slawatch",
        ),
        ("", {"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/slawatch"),
        ("", {"HOME": "/h"}, "/h/.local/state/slawatch"),
        ("/d", {"STATE_DIRECTORY": "/x"}, "/d"),
        ("~/d", {"HOME": "/h"}, "/h/d"),
        ("d", {}, "BESIDE/d"),
    ],
)
def test_where_data_goes(tmp_path: Path, written: str, env: dict[str, str], place: str) -> None:
    text = f'[slawatch]\ndata_dir = "{written}"\n' if written else ""
    path = touch(tmp_path / "etc/slawatch.toml", text)
    expected = Path(place.replace("BESIDE", str(path.parent)))
    assert load(path, env=env).data_dir == expected
    assert peek_data_dir(path, env) == expected


def test_a_relative_data_dir_starts_at_the_file_that_says_so(tmp_path: Path) -> None:
    path = touch(tmp_path / "etc/slawatch.toml")
    touch(tmp_path / "etc/conf.d/data.toml", '[slawatch]\ndata_dir = "d"\n')
    assert load(path, env={}).data_dir == tmp_path / "etc/conf.d/d"
    assert peek_data_dir(path, {}) == tmp_path / "etc/conf.d/d"


def test_a_broken_file_of_conf_d_does_not_hide_the_daemon(tmp_path: Path) -> None:
    path = touch(tmp_path / "etc/slawatch.toml", '[slawatch]\ndata_dir = "d"\n')
    touch(tmp_path / "etc/conf.d/broken.toml", "x = [")
    touch(tmp_path / "etc/conf.d/odd.toml", "slawatch = 3")
    assert peek_data_dir(path, {}) == tmp_path / "etc/d"


@pytest.mark.parametrize(
    "text", ["x", "slawatch = 3", "[slawatch]\ndata_dir = 3", "[slawatch]\ndata_dir = [3]"]
)
def test_a_look_at_a_broken_file_finds_nothing(tmp_path: Path, text: str) -> None:
    assert peek_data_dir(touch(tmp_path / "x.toml", text), {}) is None
    assert peek_data_dir(tmp_path / "not-there.toml", {}) is None


def test_only_visible_toml_files_of_conf_d_are_read(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", ".hidden.toml", "a.toml~", "README"):
        touch(tmp_path / "conf.d" / name)
    assert [file.name for file in extra_files(tmp_path / "slawatch.toml")] == ["a.toml", "b.toml"]
    assert extra_files(tmp_path / "conf.d" / "a.toml") == []
