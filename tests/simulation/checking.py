"""What must hold after a run, seen from the model: each line is right or waits for a reason that is true, and every leak is listed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tallybridge.ledger.holds import open_holds
from tallybridge.runs.day import destination_id
from tallybridge.runs.explaining import explain
from tallybridge.runs.verifying import verify_ledger
from tests.simulation.book import Place, PsaLine, Violation, billed_since
from tests.simulation.guarding import GUARDS, has_cause
from tests.simulation.model import Counted, Leak, Want, counted, local_date

if TYPE_CHECKING:
    from tests.simulation.world import Ran, World

Json = dict[str, Any]


def check_run(world: World, ran: Ran) -> None:
    """Holds a whole run against the model, and lets the book take over what the run has seen. Raises Violation."""
    if ran.document is None or ran.report is None:
        if ran.died:
            _maybe_seen(world, ran)
        return
    _check_the_run_itself(ran)
    clean = not ran.troubled
    for number, customer in world.customers.items():
        tenant = next((one for one in ran.document["tenants"] if one["tenant_id"] == customer.id or one["account"] == 1000 + number), None)
        whole = not ran.troubled & {"*", world.customers[number].id, world.links[number].agreement, *_agreements_of(number)}
        clean &= whole
        _Customer(world, ran, number, tenant, whole=whole).check()
    if world.quiet_since_clean_run and ran.writes and ran.orders.today == world.clean_on:
        raise Violation(f"L8: nothing has changed since a whole run, and {ran.writes} were sent")
    world.quiet_since_clean_run, world.clean_on = clean and ran.orders.writes and not world.book.doubts, ran.orders.today


def _agreements_of(number: int) -> tuple[int, int]:
    return 2000 + number, 3000 + number


def _maybe_seen(world: World, ran: Ran) -> None:
    for agreement, (_, wanted) in ran.orders.wanted.items():
        for item in wanted:
            place = (agreement, item)
            # It may have died between its word that a write begins and the write.
            world.book.doubt(place, world.now)
            world.book.end_what_has_passed(place, world.state[agreement], ran.orders.today, whole=False)
            world.book.seen(place, world.state[agreement], wanted[item], ran.orders.today, whole=False)


def _check_the_run_itself(ran: Ran) -> None:
    assert ran.document is not None
    run = ran.document["run"]
    if run["date"] != local_date(ran.started).isoformat():
        raise Violation(f"L12: a run at {ran.started} bills for {run['date']}")
    if run["reason"] == "busy" or any(tenant["reason"] == "busy" for tenant in ran.document["tenants"]):
        raise Violation("L5: a lease of a process that has ended blocks its successor")
    if run["reason"] is not None and "*" not in ran.troubled:
        raise Violation(f"L7: the run broke off without cause: {run['reason']} {run['detail']}")
    done = {"applied", "unchanged", "planned", "not_linked", "billing_off"}
    if run["outcome"] == "done" and any(tenant["outcome"] not in done for tenant in ran.document["tenants"]):
        raise Violation("the run says that all is done, and one of its tenants says otherwise")
    for tenant in ran.document["tenants"]:
        if tenant["reason"] == "internal_error":
            raise Violation(f"L7: an error of our own: {tenant['detail']}")
        if ran.document["run"]["kind"] == "plan" and tenant["outcome"] == "applied":
            raise Violation("L4: a plan has applied something")


class _Customer:
    """One customer's part of a run."""

    def __init__(self, world: World, ran: Ran, number: int, tenant: Json | None, *, whole: bool) -> None:
        self.world = world
        self.ran = ran
        self.number = number
        self.customer = world.customers[number]
        self.link = world.links[number]
        self.tenant = tenant
        self.whole = whole

    def check(self) -> None:
        """Raises Violation."""
        if self.tenant is None:
            if self.whole and (self.customer.listed or self.link.linked):
                raise self.wrong("it is missing from the run")
            return
        expected = self.expected_outcome()
        said = (self.tenant["outcome"], self.tenant["reason"])
        if self.whole and expected is not None and said != expected:
            raise self.wrong(f"it is said to be {said}; it is {expected}")
        if self.tenant["outcome"] in ("not_linked", "billing_off", "blocked"):
            if self.whole:
                self.check_leaks(self.leaks_of_unbilled())
                self.check_left_behind(tuple(self.world.book.ours))
            return
        if self.link.agreement in self.ran.orders.wanted:
            self.check_billed(self.link.agreement)

    def expected_outcome(self) -> tuple[str, str | None] | None:
        """Outcome and reason of a customer that is not billed; None for one that is."""
        customer, link = self.customer, self.link
        if link.linked and not customer.listed:
            # A link is bound only where the ledger has kept it; a run that broke off may or may not have come so far.
            return "blocked", self.tenant["reason"] if self.tenant and self.tenant["reason"] in ("tenant_gone", "tenant_not_found") else "tenant_gone"
        if link.linked and not customer.enabled:
            return "blocked", "tenant_disabled"
        if not link.linked:
            return "not_linked", "not_linked" if customer.enabled else "tenant_disabled"
        if not link.billing:
            return "billing_off", "billing_off"
        if link.agreement is None:
            return "blocked", "no_agreement"
        return ("blocked", "agreement_ended") if self.world.state[link.agreement].ended(self.ran.orders.today) else None

    def counted(self) -> Counted:
        """What the customer uses at the run's instant."""
        return counted(self.customer, self.ran.started)

    def leaks_of_unbilled(self) -> Counter[Leak]:
        """What it uses and is not billed for, because it is not billed at all."""
        if not self.customer.listed or not self.customer.enabled:
            return Counter()
        expected = self.expected_outcome()
        return self.counted().all_leaks(expected[1] or "" if expected else "")

    def check_leaks(self, expected: Counter[Leak]) -> None:
        """Every leak is listed, with its quantity, and nothing else (design 6.4)."""
        assert self.tenant is not None
        listed = Counter({(one["application"], one["category"], one["reason"]): one["quantity"] for one in self.tenant["not_billed"]})
        if listed != expected:
            raise self.wrong(f"not billed is {dict(expected)}, and it lists {dict(listed)}")

    def check_left_behind(self, places: tuple[Place, ...]) -> None:
        """Whatever of ours bills this customer and is wanted nowhere is said (design 6.3)."""
        assert self.tenant is not None
        if self.tenant["reason"] not in ("not_linked", "billing_off", "tenant_gone", None):
            return
        said = {notice["subject"] for notice in self.tenant["notices"] if notice["reason"] == "left_behind"}
        said |= {f"{one['item']} on agreement {one['agreement']}" for change in self.tenant["changes"] for one in change["moved_from"]}
        said |= {change["item"] for change in self.tenant["changes"] if change["action"] == "hold"}
        said |= {one["item"] for change in self.tenant["changes"] for one in change["moved_from"] if one["agreement"] == self.link.agreement}
        for place in places:
            line = self.world.book.ours[place]
            agreement = self.world.state[place[0]]
            standing = self.world.book.standing(agreement, place)
            sure = line.tenant == self.customer.id and line.sure and line.acknowledged and not line.closed
            if not sure or standing is None or standing.quantity == 0 or standing.quantity not in line.believable:
                continue
            if not said & {place[1], f"{place[1]} on agreement {place[0]}"} and not agreement.ended(self.ran.orders.today):
                raise self.wrong(f"our line {standing} on agreement {place[0]} is wanted nowhere, and nobody says so")

    def check_billed(self, number: int) -> None:
        """A customer that is billed: each of its lines is right, or waits for a reason that is true."""
        assert self.tenant is not None
        _, wanted = self.ran.orders.wanted[number]
        changes = {change["item"]: change for change in self.tenant["changes"] if change.get("agreement", number) == number}
        planned = self.tenant["outcome"] in ("applied", "unchanged", "held", "planned")
        # What somebody edits while the run is under way, it need not have seen.
        says_all_is_well = self.tenant["outcome"] in ("applied", "unchanged") and "*" not in self.ran.troubled
        if self.whole and not planned:
            raise self.wrong(f"it is {self.tenant['outcome']} ({self.tenant['reason']}), and nothing was wrong")
        if self.whole:
            self.check_leaks(self.counted().leaks(self.world.targets))
            mapped = {(number, item) for item in wanted}
            self.check_left_behind(tuple(place for place in self.world.book.ours if place not in mapped))
        if (self.whole or says_all_is_well) and self.ran.orders.writes:
            for item in wanted:
                self.check_line((number, item), wanted[item], changes.get(item))
        for place in {(number, item) for item in wanted} | set(self.world.book.ours) if planned else ():
            self.take_over(place, wanted.get(place[1]) if place[0] == number else None, changes.get(place[1]))

    def take_over(self, place: Place, want: Want | None, change: Json | None) -> None:
        """The book takes over what the run has seen."""
        number, today = self.link.agreement, self.ran.orders.today
        known = self.world.book.ours.get(place)
        if place[0] != number and (known is None or known.tenant != self.customer.id):
            return
        held = change["reason"] if change is not None and change["action"] in ("hold", "move") else None
        whole = self.whole and place[0] == number
        self.world.book.end_what_has_passed(place, self.world.state[place[0]], today, whole=whole)
        self.world.book.seen(place, self.world.state[place[0]], want, today, whole=whole, held=held, moving=list(place) in self.sources())

    def sources(self) -> list[list[object]]:
        """Agreement and item of each line whose seats are said to move."""
        assert self.tenant is not None
        return [[one["agreement"], one["item"]] for change in self.tenant["changes"] for one in change["moved_from"]]

    def check_line(self, place: Place, want: Want, change: Json | None) -> None:
        """One line after a run that wrote."""
        agreement = self.world.state[place[0]]
        standing = self.world.book.present(agreement, place)
        decision = self.world.book.decided.get(place)
        kept = decision is not None and decision.kind == "keep"
        if change is not None and change["reason"] == "kept" and kept:
            return
        if change is None or change["action"] not in ("hold", "move"):
            if not self.is_right(place, want, standing):
                raise self.wrong(f"{place} should be {want.quantity}; the PSA holds {standing}; the run says {change}")
            return
        single = standing[0].quantity if len(standing) == 1 else None
        # A write that acts late may do so between the run's reading and its end.
        as_shown = change["from"] == single or change["reason"] == "write_unresolved"
        if change["hold"] is None or change["reason"] is None or change["to"] != want.quantity or not as_shown:
            raise self.wrong(f"{place} waits without reason and right numbers (wanted {want.quantity}, the PSA holds {standing}): {change}")
        if not self.has_cause(place, want, change["reason"], standing):
            raise self.wrong(f"{place} should be {want.quantity}; the PSA holds {standing}, and nothing is wrong with that; it waits: {change}")

    def is_right(self, place: Place, want: Want, standing: list[PsaLine]) -> bool:
        """Whether the PSA holds what is wanted, on a line of ours."""
        if not standing or len(standing) > 1:
            return not standing and want.quantity == 0
        ours = self.world.book.may_be_ours(self.world.state[place[0]], place, standing[0])
        if want.quantity == 0 and not ours:
            return True
        return ours and standing[0].quantity == want.quantity

    def has_cause(self, place: Place, want: Want, reason: str, standing: list[PsaLine]) -> bool:
        """Whether a line rightly waits for this reason (design 6.2, 6.3)."""
        book, agreement = self.world.book, self.world.state[place[0]]
        known = book.ours.get(place)
        doubtful = place in book.doubts
        line = standing[0] if len(standing) == 1 else None
        ours = line is not None and book.may_be_ours(agreement, place, line)
        if reason == "duplicate_lines":
            return len(standing) > 1
        if reason == "line_removed":
            again = known is not None and known.sure and known.deletable and billed_since(known, agreement)
            return not standing and known is not None and not known.closed and not again
        if reason == "line_not_ours":
            return line is not None and (not ours or (known is not None and (len(known.believable) > 1 or not known.sure)))
        if reason == "edited_in_psa" and known is not None and not known.sure:
            return line is not None and line.quantity != want.quantity
        if reason == "edited_in_psa":
            return line is not None and ours and known is not None and line.quantity != want.quantity and known.believable != {line.quantity}
        if reason == "not_as_written":
            return doubtful
        if reason == "write_unresolved":
            return doubtful and self.ran.started < book.doubts[place]
        if reason in GUARDS:
            return has_cause(self.world, place, reason, want)
        if reason == "moved":
            targets = [(place[0], item) for item in self.ran.orders.wanted[place[0]][1]]
            moves = [
                (target, source) for target in targets for source, _ in book.billing_twice(target, self.ran.orders, self.world.state, surely=False)
            ]
            return any(place in (target, source) for target, source in moves) or self.may_move_from_a_doubt(place)
        return False

    def may_move_from_a_doubt(self, target: Place) -> bool:
        """Whether elsewhere a write of unknown end may still arrive, or a line stands that may be what it has made: nobody can tell that from one
        made by hand."""
        book = self.world.book
        return any(
            self.ran.started < until or (place[0] != target[0] and any(line.quantity for line in book.present(self.world.state[place[0]], place)))
            for place, until in book.doubts.items()
            if place[0] in _agreements_of(self.number) and place != target
        )

    def wrong(self, what: str) -> Violation:
        """A violation that says where."""
        return Violation(f"{self.customer.id} at {self.ran.started:%Y-%m-%d %H:%M:%S}: {what}")


def check_proof(world: World) -> None:
    """The chain verifies, whatever waits is listed once, and the newest run's charges can be explained. Raises Violation."""
    verified = verify_ledger()
    if not verified.ok:
        raise Violation(f"design 7: the chain does not verify: {verified.first_broken}")
    places = [(hold.agreement, hold.item) for hold in open_holds()]
    if len(places) != len(set(places)):
        raise Violation(f"a line waits twice: {places}")
    _check_explained(world, world.ran)


def _check_explained(world: World, ran: Ran) -> None:
    """L9: the seats behind a quantity are those of the model, and their number is the quantity; for a charge or two. Raises Violation."""
    assert ran.document is not None
    planned = [(tenant["agreement"], change["item"]) for tenant in ran.document["tenants"] for change in tenant["changes"]]
    for agreement, item in planned[:2]:
        _, wanted = ran.orders.wanted.get(agreement, ("", {}))
        if item in wanted:
            _check_seats(world, (agreement, item), wanted[item])


def _check_seats(world: World, place: Place, want: Want) -> None:
    found = explain(place[0], place[1], destinations=(destination_id(world.configuration()),))
    seats = {(seat.application, seat.device) for seat in found.seats}
    if seats != want.seats or found.quantity != len(found.seats):
        raise Violation(f"L9: the seats of {place} are {sorted(want.seats)}, and explain names {sorted(seats)}")
