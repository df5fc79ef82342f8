"""The examples of gateway/README.md work as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import gateway
from gateway import config

README = Path(gateway.__file__).with_name("README.md").read_text(encoding="utf-8")


def examples(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_example_configuration_is_complete_and_loads(tmp_path):
    settings, keys = examples("toml")
    (tmp_path / "gateway.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "keys.toml").write_text(keys, encoding="utf-8")
    found = config.load(tmp_path / "gateway.toml")
    assert [one.endpoint for one in found.plain] == ["192.0.2.7"]
    assert list(config.load_keys(found.secrets.path)) == ["pg-01"]
    for section in config.Config.__struct_fields__:
        assert f"[{section}]" in settings, section


def test_the_command_makes_one_key_in_both_its_forms(tmp_path):
    (command,) = examples("sh")
    command = command.replace("python3", sys.executable)
    done = [
        subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        for _ in range(2)
    ]
    digits = done[0].stdout.strip()
    assert (tmp_path / "key.bin").read_bytes() == bytes.fromhex(digits)
    assert (tmp_path / "key.bin").stat().st_mode & 0o077 == 0
    assert done[1].returncode != 0
    (tmp_path / "keys.toml").write_text(f'[keys]\n"pg-01" = "{digits}"\n')
    assert len(config.load_keys(tmp_path / "keys.toml")["pg-01"]) == config.KEY_BYTES
