"""U+0000 in texts from outside, which PostgreSQL would not keep: on both databases alike it is read as U+FFFD, and stays where it is met (L7)."""

from __future__ import annotations

from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, TWO_LINKS, two_customers


def test_names_with_a_nul_are_shown_with_a_sign_in_its_place_and_billed_like_any_other(bench: Bench) -> None:
    scenario = two_customers()
    for server in scenario["ksc"]["virtual_servers"]:
        for host in server["hosts"]:
            host |= {"name": f"PC\0{host['name']}", "os_name": f"{host['os_name']}\0", "attributes": {"KLHST_WKS_COMMENT": "\\u0000"}}
        for key in server["keys"]:
            key["part_number"] = "\0"
    for account in scenario["tigerpaw"]["accounts"]:
        account["name"] += "\0"
    bench.load(scenario)
    done = bench.run()
    assert (done.code, done.writes) == (0, 3), done.words
    explained = bench.call("explain", "--json", "--agreement", CONTOSO, "--item", "KES-WKS").json
    assert {seat["device"] for seat in explained["seats"]} == {f"PC�D001-00{number}" for number in (1, 2, 3)}
    assert bench.run().writes == 0, "L8"
    bench.require_proof()


def test_l7_a_virtual_server_whose_name_has_a_nul_is_blocked_alone_because_no_sign_in_can_name_it(bench: Bench) -> None:
    scenario = two_customers()
    scenario["ksc"]["virtual_servers"][1]["name"] = "Fabri\0kam"
    bench.load(scenario)
    bench.declare(links=[TWO_LINKS[0], {"tenant_id": "vs-2", "account": 1042, "agreement": FABRIKAM}])
    done = bench.run()
    assert (done.code, done.outcome("Contoso Dental"), done.outcome("Fabri�kam")) == (3, ("applied", None), ("blocked", "no_access"))
    bench.require_proof()
