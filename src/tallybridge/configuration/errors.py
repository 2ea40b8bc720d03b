"""What is wrong with a configuration, said so that a person can put it right: where, what was found, what was expected, what to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong. No field ever holds a secret's value (L11)."""

    file: str | None
    """The file it stands in; None where no file is concerned."""
    place: str
    """For example `source.max_sessions (line 14)` or `[[link]] number 3 (line 41)`; "" for the file as a whole."""
    found: str
    expected: str
    advice: str = ""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.file, self.place) if part)
        sentence = f"found {self.found}; expected {self.expected}."
        return " ".join(part for part in (f"{where}:" if where else "", sentence, self.advice) if part)


class ConfigurationError(Exception):
    """The configuration cannot be used; every problem is told at once. Raised before anything is contacted or written."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(problems)
        self.problems = problems

    def headline(self) -> str:
        """What happened, in one line."""
        count = "one problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        return f"The configuration has {count}. Nothing was contacted, nothing was changed."

    def __str__(self) -> str:
        return "\n".join([self.headline(), *(f"- {problem}" for problem in self.problems)])


class MissingSecret(ConfigurationError):
    """Secrets that the configuration refers to are not there; each problem names the places that were looked in."""

    def headline(self) -> str:
        """What happened, in one line."""
        count = "A secret is" if len(self.problems) == 1 else f"{len(self.problems)} secrets are"
        return f"{count} missing. Nothing was contacted, nothing was changed."
