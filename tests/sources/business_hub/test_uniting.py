"""Several exports of a company: one instant is taken together, the newest counts, and contradictions are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tallybridge.billing.model import Mailbox
from tallybridge.sources.business_hub import CompanyExport, ExportRefused, newest, unite
from tests.sources.business_hub.exports_of import EXPORTED, FABRIKAM, of_company

YESTERDAY = EXPORTED - timedelta(days=1)


def test_the_newest_export_of_each_company_counts_in_whatever_order_they_come() -> None:
    old, new, other = of_company("c-1", exported=YESTERDAY), of_company("c-1"), of_company("c-2", exported=YESTERDAY)

    assert newest([old, new, other]) == newest([new, other, old]) == {"c-1": new, "c-2": other}


def test_an_older_export_may_say_something_else() -> None:
    old = replace(FABRIKAM, exported=YESTERDAY, name="Fabrikam Ltd", devices=(), uses=())

    assert newest([old, FABRIKAM]) == {FABRIKAM.id: FABRIKAM}


CONTRADICTIONS: dict[str, tuple[CompanyExport, str]] = {
    "company": (replace(FABRIKAM, name="Contoso"), 'company c-17, name: found "Contoso", expected "Fabrikam", as another export of the same instant'),
    "license": (
        replace(FABRIKAM, licenses=(FABRIKAM.licenses[0]._replace(expires=None), FABRIKAM.licenses[1])),
        "license l-1, expires: found nothing, expected 2027-06-30T00:00:00Z",
    ),
    "device": (replace(FABRIKAM, devices=(FABRIKAM.devices[0]._replace(os_name=None),), uses=()), "device d-1, os_name: found nothing"),
    "mailbox": (
        replace(FABRIKAM, mailboxes=(Mailbox("anna@fabrikam.example", protected=False, license="l-2"),)),
        "mailbox anna@fabrikam.example, protected: found False, expected True",
    ),
}


@pytest.mark.parametrize("about", CONTRADICTIONS)
def test_two_exports_of_one_instant_that_contradict_each_other_are_refused(about: str) -> None:
    other, sentence = CONTRADICTIONS[about]

    with pytest.raises(ExportRefused) as refused:
        unite([FABRIKAM, other])

    assert sentence in refused.value.sentence
    assert refused.value.companies == {("c-17", EXPORTED)}
