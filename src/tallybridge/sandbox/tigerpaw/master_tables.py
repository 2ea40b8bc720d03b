"""REST operations on master tables, reps and diagnostics (Tigerpaw reference 1.2, 1.7)."""

from __future__ import annotations

from typing import Any

from tallybridge.sandbox.tigerpaw import models
from tallybridge.sandbox.tigerpaw.routing import RestCall, RestError, Route


def _validate_user(_call: RestCall) -> Any:
    return {"Success": True, "Message": None}


def _product_information(call: RestCall) -> Any:
    return models.product_information(call.tigerpaw.version)


def _database_version(call: RestCall) -> Any:
    # our choice: the description types this as a plain response, so the version is its message
    return {"Success": True, "Message": call.tigerpaw.version}


def _external_products(call: RestCall) -> Any:
    # no product of a scenario is a system entry, so excludeSystemEntries leaves nothing out
    return [models.external_product(name, number) for name, number in call.index.external_products.items()]


def _rep_numbers(call: RestCall) -> list[int]:
    return sorted({key.rep for key in call.tigerpaw.rest_keys})


def _reps(call: RestCall) -> Any:
    # every rep of a scenario is active, so activeOnly leaves nobody out
    return [models.rep_summary(number) for number in _rep_numbers(call)]


def _rep_number(call: RestCall) -> int:
    if call.numbers[0] not in _rep_numbers(call):
        raise RestError(404, f"Rep {call.numbers[0]} was not found.")
    return call.numbers[0]


def _rep(call: RestCall) -> Any:
    return models.rep_summary(_rep_number(call))


def _rep_details(call: RestCall) -> Any:
    return models.rep_detail(_rep_number(call))


ROUTES = [
    Route("GET", "/api/diagnostics/validate/user", "Response", _validate_user),
    Route("GET", "/api/diagnostics/productinformation", "ProductInformation", _product_information),
    Route("GET", "/api/diagnostics/database/version", "Response", _database_version),
    Route("GET", "/api/mastertables/externalproducts", "ArrayOfExternalProduct", _external_products),
    Route("GET", "/api/mastertables/externalproducts/{flag}", "ArrayOfExternalProduct", _external_products),
    Route("GET", "/api/mastertables/reps", "ArrayOfRepSummary", _reps),
    Route("GET", "/api/mastertables/reps/{flag}", "ArrayOfRepSummary", _reps),
    Route("GET", "/api/reps/{number}", "RepSummary", _rep),
    Route("GET", "/api/reps/{number}/details", "RepDetail", _rep_details),
]
