"""Rows that are only ever added (design 7: "Append-only where money is concerned"). The database refuses changes too: see `opening`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar, NoReturn, Self, TypeVar

from django.db import models

_Row = TypeVar("_Row", bound=models.Model)


class AppendOnlyViolation(Exception):
    """A row that may only be added was about to be changed or deleted: a defect of the program."""


def _refuse(model: type[models.Model], what: str) -> NoReturn:
    raise AppendOnlyViolation(f"Rows of {model.__name__} are only ever added; they are never {what}. A correction is a new row.")


class AppendOnlyQuerySet(models.QuerySet[_Row, _Row]):
    """Adds and reads, nothing else."""

    def update(self, **_kwargs: Any) -> NoReturn:
        """Refused."""
        _refuse(self.model, "changed")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        _refuse(self.model, "changed")

    def delete(self) -> NoReturn:
        """Refused."""
        _refuse(self.model, "deleted")

    def _raw_delete(self, *_args: Any) -> NoReturn:
        _refuse(self.model, "deleted")

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **kwargs: Any) -> list[_Row]:
        """Adds rows; refuses to turn a conflict into a change."""
        if kwargs.get("update_conflicts") or len(args) > 2:
            _refuse(self.model, "changed")
        return super().bulk_create(objs, *args, **kwargs)


class AppendOnly(models.Model):
    """Base of the tables whose rows are only ever added."""

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(AppendOnlyQuerySet)()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Adds the row; refuses where it is already stored."""
        if not self._state.adding:
            _refuse(type(self), "changed")
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refused."""
        _refuse(type(self), "deleted")
