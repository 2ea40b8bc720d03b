"""The closed list of reasons, a sentence each (contracts 2: "Reasons are a closed list").

A reason says why a seat, a license, a line, a tenant or a run is as it is. Programs read the snake_case value, people read the sentence.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """Why something does not count, is not billed, waits, is blocked or has failed."""

    # A license does not count.
    KIND_NOT_BILLABLE = "kind_not_billable"
    KIND_MISSING = "kind_missing"
    OEM_NOT_COUNTED = "oem_not_counted"
    LICENSE_EXPIRED = "license_expired"
    EXPIRY_MISSING = "expiry_missing"
    SUBSCRIPTION_NOT_ACTIVE = "subscription_not_active"
    STATE_MISSING = "state_missing"
    NOT_INSTALLED = "not_installed"
    INSTALLED_FLAG_MISSING = "installed_flag_missing"

    # A seat or a device does not count.
    RESERVE_KEY = "reserve_key"
    ACTIVE_FLAG_MISSING = "active_flag_missing"
    PENDING_SUBSCRIPTION = "pending_subscription"
    EXPIRED_ON_DEVICE = "expired_on_device"
    NOT_MANAGED = "not_managed"
    ALREADY_COUNTED = "already_counted"
    NO_LICENSE = "no_license"
    NOT_PROTECTED = "not_protected"
    UNIT_DIFFERS = "unit_differs"
    STATED_INSTEAD = "stated_instead"

    # Counted, but billed to nobody.
    NO_MAPPING = "no_mapping"
    NAME_UNMATCHED = "name_unmatched"
    UNCLASSIFIED_DEVICE = "unclassified_device"
    NOT_LINKED = "not_linked"
    BILLING_OFF = "billing_off"
    NO_TENANT = "no_tenant"

    # A line waits for a person.
    WRITE_UNRESOLVED = "write_unresolved"
    NOT_AS_WRITTEN = "not_as_written"
    LINE_REMOVED = "line_removed"
    DUPLICATE_LINES = "duplicate_lines"
    LINE_NOT_OURS = "line_not_ours"
    EDITED_IN_PSA = "edited_in_psa"
    ENTERED_DIFFERENTLY = "entered_differently"
    MOVED = "moved"
    ITEM_MISSING = "item_missing"
    ITEM_INACTIVE = "item_inactive"
    TO_BE_ENTERED = "to_be_entered"
    FALL_UNPROVED = "fall_unproved"
    FALL_BOUND = "fall_bound"
    RISE_BOUND = "rise_bound"
    TENANT_BOUND = "tenant_bound"
    RUN_BOUND = "run_bound"

    # A person has decided that a line stays as it is, or what it should be.
    KEPT = "kept"
    PINNED = "pinned"
    PRESCRIBED = "prescribed"

    # Why seats that are missing today are not shown to be gone.
    NOTHING_SHOWN = "nothing_shown"
    COUNT_ENDED = "count_ended"

    # A tenant is blocked: a person must act.
    NO_AGREEMENT = "no_agreement"
    AGREEMENT_NOT_FOUND = "agreement_not_found"
    AGREEMENT_ENDED = "agreement_ended"
    AGREEMENT_OF_OTHER_ACCOUNT = "agreement_of_other_account"
    ACCOUNT_NOT_FOUND = "account_not_found"
    NOT_CROSS_REFERENCED = "not_cross_referenced"
    NO_ACCESS = "no_access"
    SIGN_INS_STOPPED = "sign_ins_stopped"
    TENANT_REPLACED = "tenant_replaced"
    TENANT_NOT_FOUND = "tenant_not_found"
    TENANT_GONE = "tenant_gone"
    TENANT_DISABLED = "tenant_disabled"
    TENANT_AMBIGUOUS = "tenant_ambiguous"

    # A tenant or a run has failed: nothing more was written.
    EXPORT_MISSING = "export_missing"
    EXPORT_TOO_OLD = "export_too_old"
    FILE_REFUSED = "file_refused"
    OBSERVATION_INCOMPLETE = "observation_incomplete"
    SOURCE_UNREACHABLE = "source_unreachable"
    TIME_LIMIT = "time_limit"
    PSA_UNREACHABLE = "psa_unreachable"
    WRITE_REFUSED = "write_refused"
    EARLIER_WRITE_FAILED = "earlier_write_failed"
    WRITE_NOT_VERIFIED = "write_not_verified"
    SIGN_IN_REFUSED = "sign_in_refused"
    INTERNAL_ERROR = "internal_error"
    STOPPED = "stopped"
    BUSY = "busy"

    # Worth knowing; changes no quantity by itself.
    COUNT_DIFFERS = "count_differs"
    NO_PRICE = "no_price"
    BILLED_BUT_UNUSED = "billed_but_unused"
    LEFT_BEHIND = "left_behind"
    LINE_RENEWED = "line_renewed"
    TENANT_RENAMED = "tenant_renamed"
    PSA_MOVED = "psa_moved"
    NOT_YET_APPLIED = "not_yet_applied"
    AGREEMENT_ENDS = "agreement_ends"
    AGREEMENT_SUCCESSOR = "agreement_successor"
    ACCOUNT_NOT_LINKED = "account_not_linked"

    @property
    def sentence(self) -> str:
        """One sentence for a person, without the values of the case."""
        return SENTENCES[self]


SENTENCES = MappingProxyType(
    {
        Reason.KIND_NOT_BILLABLE: "The license is no commercial key and no subscription but a trial, beta, test or other key.",
        Reason.KIND_MISSING: "The source did not say what kind of license this is, so it cannot be shown to be commercial.",
        Reason.OEM_NOT_COUNTED: "The license is an OEM license, and the setting count_oem is off.",
        Reason.LICENSE_EXPIRED: "The license has expired.",
        Reason.EXPIRY_MISSING: "The source did not say when the license expires, so it cannot be shown to be unexpired.",
        Reason.SUBSCRIPTION_NOT_ACTIVE: "The subscription or license is paused or canceled.",
        Reason.STATE_MISSING: "The source did not say whether the subscription is active.",
        Reason.NOT_INSTALLED: "The key is not in the customer's own key storage, and the setting key_scope counts only keys that are.",
        Reason.INSTALLED_FLAG_MISSING: "The source did not say whether the key is in the customer's own key storage, as key_scope asks.",
        Reason.RESERVE_KEY: "The license is only the reserve key on this device.",
        Reason.ACTIVE_FLAG_MISSING: "The source did not say whether the license is the active or the reserve key on this device.",
        Reason.PENDING_SUBSCRIPTION: "The subscription still waits for its confirmation on this device.",
        Reason.EXPIRED_ON_DEVICE: "The license has expired on this device.",
        Reason.NOT_MANAGED: "The device is not among the customer's managed devices: unassigned, deleted or managed elsewhere.",
        Reason.ALREADY_COUNTED: "The device already counts for this application through another license.",
        Reason.NO_LICENSE: "The device uses no license that counts.",
        Reason.STATED_INSTEAD: "A person has stated the count of this application, and that takes the place of what was read.",
        Reason.NOT_PROTECTED: "The mailbox is not selected for protection.",
        Reason.UNIT_DIFFERS: "The application is licensed by another unit, so this use of it is none.",
        Reason.NO_MAPPING: "The application, or this category of it, is mapped to no price book item.",
        Reason.NAME_UNMATCHED: "No application of the catalog claims this license name.",
        Reason.UNCLASSIFIED_DEVICE: "The kind of device could not be told, and the application is billed by category.",
        Reason.NOT_LINKED: "The customer is linked to no account.",
        Reason.BILLING_OFF: "Billing is switched off for this customer.",
        Reason.NO_TENANT: "The devices are connected directly to the main server and belong to no customer.",
        Reason.WRITE_UNRESOLVED: "An earlier write had no answer, and it is too early to know whether it arrived.",
        Reason.NOT_AS_WRITTEN: "An earlier write arrived with another quantity than was sent.",
        Reason.LINE_REMOVED: "Our line was removed in the PSA.",
        Reason.DUPLICATE_LINES: "The agreement holds two or more lines for this item.",
        Reason.LINE_NOT_OURS: "The agreement already holds a line for this item that Tallybridge did not make.",
        Reason.EDITED_IN_PSA: "Somebody changed the quantity of our line in the PSA.",
        Reason.ENTERED_DIFFERENTLY: "The quantity was entered in the PSA differently from the worklist.",
        Reason.MOVED: "The seats of this line are now wanted on another line; nothing is written on either until a person decides.",
        Reason.ITEM_MISSING: "The price book has no such item.",
        Reason.ITEM_INACTIVE: "The price book item is inactive.",
        Reason.TO_BE_ENTERED: "The quantity waits on the worklist to be entered in the PSA.",
        Reason.FALL_UNPROVED: "The quantity would fall, and not every missing seat is shown to be gone.",
        Reason.FALL_BOUND: "The quantity would fall further than the guards let pass without a person.",
        Reason.RISE_BOUND: "The quantity would rise further than the guards let pass without a person.",
        Reason.TENANT_BOUND: "All charges of this customer together would fall or rise further than the guards let pass without a person.",
        Reason.RUN_BOUND: "This run has lowered charges as far as its guard lets it; the remaining falls wait for a person.",
        Reason.KEPT: "A person decided to leave the line as it is until somebody changes it in the PSA.",
        Reason.PINNED: "A person decided what the quantity is, for a time.",
        Reason.PRESCRIBED: "A person prescribed the quantity after it was counted; the next run counts again.",
        Reason.NOTHING_SHOWN: "The customer shows no licenses at all, or none of the devices or mailboxes that it had.",
        Reason.COUNT_ENDED: "A count that a person had stated has ended, and nothing that was read takes its place.",
        Reason.NO_AGREEMENT: "No agreement is chosen for this customer's account.",
        Reason.AGREEMENT_NOT_FOUND: "The PSA has no such agreement.",
        Reason.AGREEMENT_ENDED: "The agreement has ended.",
        Reason.AGREEMENT_OF_OTHER_ACCOUNT: "The agreement belongs to another account.",
        Reason.ACCOUNT_NOT_FOUND: "The PSA has no such account.",
        Reason.NOT_CROSS_REFERENCED: "The account is not cross-referenced to the integration's External Product.",
        Reason.NO_ACCESS: "The user has no right to read this virtual server.",
        Reason.SIGN_INS_STOPPED: "Three virtual servers in a row refused the sign-in, so no further sign-in was tried in this run.",
        Reason.TENANT_REPLACED: "Another virtual server or company stands under the known name or number.",
        Reason.TENANT_NOT_FOUND: "The source lists no virtual server or company of this name or id.",
        Reason.TENANT_GONE: "The source no longer lists this virtual server or company.",
        Reason.TENANT_DISABLED: "The virtual server is disabled.",
        Reason.TENANT_AMBIGUOUS: "The source lists more than one virtual server or company with this name; link it by its unique id (tenant_id).",
        Reason.EXPORT_MISSING: "No export holds this company; nothing was written for it.",
        Reason.EXPORT_TOO_OLD: "The newest export of this company is too old; nothing was written for it.",
        Reason.FILE_REFUSED: "An export file could not be read whole; nothing of it was taken.",
        Reason.OBSERVATION_INCOMPLETE: "The customer could not be read whole; nothing was written for it.",
        Reason.SOURCE_UNREACHABLE: "The source could not be reached; nothing was written.",
        Reason.TIME_LIMIT: "Reading the customer took longer than its time limit; nothing was written for it.",
        Reason.PSA_UNREACHABLE: "The PSA could not be read; nothing was written for this customer.",
        Reason.WRITE_REFUSED: "The PSA refused the write.",
        Reason.EARLIER_WRITE_FAILED: "An earlier write for this customer could not be verified, so nothing more was written for it.",
        Reason.WRITE_NOT_VERIFIED: "The PSA does not show what was written.",
        Reason.SIGN_IN_REFUSED: "The sign-in was refused; it is not tried again, because repeated refusals lock the account.",
        Reason.INTERNAL_ERROR: "Tallybridge met an error of its own for this customer; the others were billed.",
        Reason.STOPPED: "The run was stopped before this customer was done.",
        Reason.BUSY: "Another run of this integration is under way.",
        Reason.COUNT_DIFFERS: "The source announced another number of rows than it sent, twice the same; the rows sent were taken.",
        Reason.NO_PRICE: "The price book item has no price, or a price of 0.",
        Reason.BILLED_BUT_UNUSED: "A line that Tallybridge did not make bills this item, though nothing of it is in use.",
        Reason.LEFT_BEHIND: "A line of ours is wanted nowhere any more; it stays as it is.",
        Reason.LINE_RENEWED: "Our line came back under a new number with the same quantity and was taken over.",
        Reason.TENANT_RENAMED: "The virtual server or company has another name at the source than in the link.",
        Reason.NOT_YET_APPLIED: "The plan has not been applied yet.",
        Reason.AGREEMENT_ENDS: "The agreement ends soon.",
        Reason.AGREEMENT_SUCCESSOR: "The account has exactly one other agreement that goes on when this one ends; the link still names the old one.",
        Reason.ACCOUNT_NOT_LINKED: "The account is cross-referenced to the External Product, and no customer is linked to it.",
        Reason.PSA_MOVED: "The PSA has changed since the plan was made; nothing was written for this line.",
    }
)


NOT_TRIED_AGAIN = (
    "The PSA has refused the sign-in of an earlier write of this run, so this one was not tried; repeated refusals may lock the account."
)
UNANSWERED_WRITE = "The PSA gave no answer to the write and does not show it yet. Nothing is repeated; the next run reads again and goes on."
"""What is said of one line beyond its reason's own sentence."""


_NAMELESS = tuple(said for said in (*SENTENCES.values(), NOT_TRIED_AGAIN, UNANSWERED_WRITE) if "the psa" in said.lower())


def naming_the_psa(said: str, name: str) -> str:
    """What is said with the PSA called by its name, for whoever shows it and knows which one is meant; the rules know none.

    Only whole sentences of the rules are said otherwise: a customer, an item or a person's reason may have the same words in it.
    """
    for sentence in _NAMELESS:
        said = said.replace(sentence, sentence.replace("The PSA", name).replace("the PSA", name))
    return said
