"""Which configuration files and which data folder are used, and where they were looked for (contracts 2)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tallybridge.configuration.errors import ConfigurationError, Problem

CONFIG_VARIABLE = "TALLYBRIDGE_CONFIG"
HOME_VARIABLE = "TALLYBRIDGE_HOME"
DEFAULT_FILE = "tallybridge.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocatedFiles:
    """The configuration files in force; none where the default one is not there (the ledger may rule then)."""

    paths: tuple[Path, ...]
    """Files or folders, absolute, all of them there."""
    looked_at: tuple[str, ...]
    """Each place that was looked at, as a phrase."""

    def demand(self) -> tuple[Path, ...]:
        """The paths.

        Raises:
            ConfigurationError: there are none; names every place that was looked at.
        """
        if self.paths:
            return self.paths
        raise _nothing_there(self.looked_at)


def locate_configuration(options: Sequence[Path], *, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> LocatedFiles:
    """Finds the configuration: `--config`, else `$TALLYBRIDGE_CONFIG` (several with the path separator), else ./tallybridge.toml.

    Args:
        options: the values of `--config`.
        environ: the environment; the process's own by default.
        folder: where relative paths start; the current folder by default.

    Raises:
        ConfigurationError: a file or folder that was named is not there.
    """
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    if options:
        return _named([folder / path.expanduser() for path in options], by="--config")
    if variable := environ.get(CONFIG_VARIABLE):
        named = [folder / Path(part).expanduser() for part in variable.split(os.pathsep) if part]
        return _named(named, by=f"${CONFIG_VARIABLE}", earlier=("--config (not given)",))
    default = folder / DEFAULT_FILE
    looked_at = ("--config (not given)", f"${CONFIG_VARIABLE} (not set)")
    if default.exists():
        return LocatedFiles(paths=(default,), looked_at=(*looked_at, str(default)))
    return LocatedFiles(paths=(), looked_at=(*looked_at, f"{default} (does not exist)"))


def locate_home(option: Path | None, *, environ: Mapping[str, str] | None = None, folder: Path | None = None) -> Path:
    """The data folder: `--home`, else `$TALLYBRIDGE_HOME`, else the platform's folder for data of a user. It need not exist yet."""
    environ = os.environ if environ is None else environ
    folder = Path.cwd() if folder is None else folder
    if option is not None:
        return folder / option.expanduser()
    if variable := environ.get(HOME_VARIABLE):
        return folder / Path(variable).expanduser()
    return Path(platformdirs.user_data_dir("tallybridge", appauthor=False))


def _named(paths: Sequence[Path], *, by: str, earlier: tuple[str, ...] = ()) -> LocatedFiles:
    absent = [path for path in paths if not path.exists()]
    if absent or not paths:
        words = [f"{path} (from {by}, {'does not exist' if path in absent else 'found'})" for path in paths]
        raise _nothing_there((*earlier, *words) if words else (*earlier, f"{by} (names no file)"))
    return LocatedFiles(paths=tuple(paths), looked_at=(*earlier, *(f"{path} (from {by})" for path in paths)))


def _nothing_there(looked_at: tuple[str, ...]) -> ConfigurationError:
    problem = Problem(
        file=None,
        place="",
        found=f"no configuration file; looked at: {'; '.join(looked_at)}",
        expected="a configuration file, or a folder of them",
        advice="`tallybridge init` writes one; --config FILE names another.",
    )
    return ConfigurationError((problem,))
