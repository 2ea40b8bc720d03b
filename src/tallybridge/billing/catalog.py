"""Which application a license belongs to: exact name, longest prefix, part number, application id, in this order (design 5)."""

from __future__ import annotations

from collections.abc import Iterable

from tallybridge.billing.model import Application, License, Rules


class Catalog:
    """The applications of a set of rules, indexed for matching. An application's own name is one of its exact names."""

    def __init__(self, applications: Iterable[Application]) -> None:
        """Indexes the applications; where two claim the same thing, the application's own name wins over a matcher, then the first one given."""
        self._by_exact: dict[str, Application] = {}
        self._by_part_number: dict[str, Application] = {}
        self._by_application_id: dict[int, Application] = {}
        prefixes: dict[str, Application] = {}
        known = tuple(applications)
        for application in known:
            self._by_exact.setdefault(application.name, application)
        for application in known:
            for exact in application.exact:
                self._by_exact.setdefault(exact, application)
            for prefix in application.prefixes:
                prefixes.setdefault(prefix, application)
            for number in application.part_numbers:
                self._by_part_number.setdefault(number, application)
            for identifier in application.application_ids:
                self._by_application_id.setdefault(identifier, application)
        self._prefixes = sorted(prefixes.items(), key=lambda entry: -len(entry[0]))

    def named(self, name: str) -> Application | None:
        """The application of this name, or that claims this name exactly; None where there is none."""
        return self._by_exact.get(name)

    def match(self, license: License) -> Application | None:
        """The application that claims this license, or None: then its name is shown with its seats, never dropped."""
        name = license.name or ""
        if (by_name := self._by_exact.get(name)) is not None:
            return by_name
        by_prefix = next((application for prefix, application in self._prefixes if name.startswith(prefix)), None)
        if by_prefix is not None:
            return by_prefix
        if license.part_number and (by_part := self._by_part_number.get(license.part_number)) is not None:
            return by_part
        return self._by_application_id.get(license.application_id) if license.application_id is not None else None


def catalog_of(rules: Rules) -> Catalog:
    """The catalog of a set of rules. A mapping's application needs no entry: a license name equal to it matches it (design 5)."""
    return Catalog((*rules.applications, *(Application(name=mapping.application) for mapping in rules.mappings)))
