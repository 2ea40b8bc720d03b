"""JSON and XML on the REST side of the simulated Tigerpaw (Tigerpaw reference 1.3)."""

from __future__ import annotations

import json
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tallybridge.sandbox.scenario import Fault
from tests.sandbox.tigerpaw_caller import Caller, usual_tigerpaw, world_of

XML = "application/xml"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"


@pytest.fixture
def caller() -> Caller:
    return Caller(world_of(usual_tigerpaw()))


def xml(caller: Caller, method: str, path: str, sent: str = "", sent_as: str = XML, accept: str = XML) -> Element:
    headers: dict[str, str | None] = {"accept": accept, "content-type": sent_as}
    reply = caller.rest(method, path, headers=headers, sent=sent.encode())
    assert reply.content_type == f"{accept}; charset=utf-8"
    root = fromstring(reply.body)
    assert isinstance(root, Element)
    return root


@pytest.mark.parametrize(
    ("accept", "served"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("application/json, application/xml, text/xml", "application/json"),
        ("application/xml", "application/xml"),
        ("text/xml", "text/xml"),
        ("application/json;q=0.5, text/xml;q=0.9", "text/xml"),
        ("text/html", "application/json"),
    ],
)
def test_accept_chooses_the_reply(caller: Caller, accept: str, served: str) -> None:
    reply = caller.rest("GET", "/api/diagnostics/validate/user", headers={"accept": accept})
    assert reply.content_type == f"{served}; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "root"),
    [
        ("GET", "/api/diagnostics/validate/user", "Response"),
        ("GET", "/api/accounts/1053145", "AccountSummary"),
        ("GET", "/api/accounts/1053145/service/externalproducts", "ArrayOfAccountExternalProduct"),
        ("GET", "/api/agreements/2041/details", "AgreementDetail"),
        ("POST", "/api/accounts/search/name", "SearchAccountResponse"),
        ("GET", "/api/nothing", "Error"),
    ],
)
def test_the_xml_root_is_named_by_the_model(caller: Caller, method: str, path: str, root: str) -> None:
    assert xml(caller, method, path).tag == root


def test_xml_holds_the_members_by_their_names(caller: Caller) -> None:
    details = xml(caller, "GET", "/api/agreements/2041/details")
    assert details.findtext("AgreementNumber") == "2041"
    assert details.findtext("Agreement/StartDate") == "2026-01-01T00:00:00"
    assert details.findtext("AdditionalCharges/AgreementAdditionalCharge/Quantity") == "42"
    assert details.findtext("AdditionalCharges/AgreementAdditionalCharge/DeleteAfterInvoicing") == "false"
    end = details.find("Agreement/EndDate")
    assert end is not None
    assert end.get(NIL) == "true"


def test_a_list_at_the_top_holds_elements_named_by_their_model(caller: Caller) -> None:
    assert [each.tag for each in xml(caller, "GET", "/api/mastertables/externalproducts")] == ["ExternalProduct", "ExternalProduct"]


def test_every_reply_can_be_written_as_xml(caller: Caller) -> None:
    for path in ("/api/accounts/1053145/details", "/api/accounts/1053145/service", "/api/pricebook/items/1/details", "/api/reps/68/details"):
        assert len(xml(caller, "GET", path)) > 1


ADVANCED = """<AdvancedSearchRequest><Criteria>
  <SearchCriteria><SearchType>AccountName</SearchType><MatchType>Contains</MatchType><Criteria>con</Criteria></SearchCriteria>
  <SearchCriteria><SearchType>AccountName</SearchType><MatchType>Contains</MatchType><Criteria>wind</Criteria></SearchCriteria>
</Criteria><PageSize>10</PageSize></AdvancedSearchRequest>"""


def test_an_advanced_search_in_xml(caller: Caller) -> None:
    found = xml(caller, "POST", "/api/accounts/search", ADVANCED)
    assert [each.findtext("Account/Name") for each in found.iter("AccountSummary")] == ["Contoso Dental", "Northwind"]
    assert (found.findtext("PageSize"), found.findtext("Success")) == ("10", "true")


def test_a_search_with_a_single_criterion_in_xml(caller: Caller) -> None:
    one = "<SearchCriteria><SearchType>AccountName</SearchType><Criteria>Fab</Criteria></SearchCriteria>"
    found = xml(caller, "POST", "/api/accounts/search", f"<AdvancedSearchRequest><Criteria>{one}</Criteria></AdvancedSearchRequest>")
    assert found.findtext("TotalCount") == "1"


@pytest.mark.parametrize(
    ("sent", "content_type"),
    [
        ("<Criteria>Contoso</Criteria>", XML),
        ("<string xmlns='http://schemas.microsoft.com/2003/10/Serialization/'>Contoso</string>", "text/xml; charset=utf-8"),
        ('"Contoso"', "application/json"),
        ('"Contoso"', "APPLICATION/JSON; charset=utf-8"),
        ("=Contoso", "application/x-www-form-urlencoded"),
    ],
    ids=["xml", "xml of a serializer", "json", "json in capitals", "form"],
)
def test_every_form_of_a_simple_search(caller: Caller, sent: str, content_type: str) -> None:
    assert xml(caller, "POST", "/api/accounts/search/name", sent, content_type).findtext("TotalCount") == "1"


def test_json_in_and_xml_out_may_be_mixed(caller: Caller) -> None:
    reply = caller.rest("POST", "/api/accounts/search", headers={"content-type": XML, "accept": "application/json"}, sent=ADVANCED.encode())
    assert json.loads(reply.body)["TotalCount"] == 2


def test_a_nil_element_is_a_null(caller: Caller) -> None:
    nil = '<ExternalProductId xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true">2</ExternalProductId>'
    sent = f"<AccountExternalProduct>{nil}<ExternalProduct>Kaspersky MSP</ExternalProduct><ExternalId>1</ExternalId></AccountExternalProduct>"
    reply = xml(caller, "POST", "/api/accounts/1053146/service/externalproducts", sent)
    assert reply.findtext("ExternalProduct/ExternalProduct") == "Kaspersky MSP"


def test_a_cross_reference_in_xml(caller: Caller) -> None:
    sent = "<AccountExternalProduct><ExternalProductId>2</ExternalProductId><ExternalId>vs-1</ExternalId></AccountExternalProduct>"
    reply = xml(caller, "POST", "/api/accounts/1053145/service/externalproducts", sent)
    assert reply.findtext("ExternalProduct/ExternalProduct") == "Other RMM"


@pytest.mark.parametrize(
    ("sent", "content_type", "status"),
    [
        ("{", "application/json", 400),
        ("<a>", XML, 400),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", XML, 400),
        ("Contoso", "text/csv", 415),
    ],
    ids=["no json", "no xml", "entities", "another type"],
)
def test_a_body_that_cannot_be_read(caller: Caller, sent: str, content_type: str, status: int) -> None:
    reply = caller.rest("POST", "/api/accounts/search/name", headers={"content-type": content_type}, sent=sent.encode())
    assert reply.status == status
    assert set(json.loads(reply.body)) == {"Message"}


def test_a_business_error_in_xml_keeps_the_root_of_the_envelope(caller: Caller) -> None:
    caller.fault = Fault(on="tigerpaw_rest", call="*", do="success_false", message="No.")
    found = xml(caller, "POST", "/api/accounts/search", ADVANCED)
    assert (found.tag, found.findtext("Success"), found.findtext("Message")) == ("SearchAccountResponse", "false", "No.")
    assert xml(caller, "GET", "/api/agreements/2041").tag == "Response"
