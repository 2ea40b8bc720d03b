"""What may be done to rows that are only ever added, all the same: contents whose retention has ended are removed (decision 0028).

The database holds to it by itself: a content can be removed only if a pruning entry with its number and address is there, and the difference to a
pruned content can be put on another base. Bytes that are not what the address says are found by every reading, so a new base cannot change what is
read. Both databases read these conditions alike; OLD and NEW are the row before and after.
"""

from __future__ import annotations

ALLOWED = {
    ("ledger_blob", "DELETE"): "EXISTS (SELECT 1 FROM ledger_prunedcontent pruned WHERE pruned.blob = OLD.id AND pruned.address = OLD.address)",
    ("ledger_blob", "UPDATE"): (
        "NEW.id = OLD.id AND NEW.address = OLD.address AND NEW.kind = OLD.kind AND NEW.size = OLD.size AND NEW.depth <= OLD.depth "
        "AND (NEW.base_id IS NULL OR NEW.base_id <> OLD.base_id) "
        "AND EXISTS (SELECT 1 FROM ledger_prunedcontent pruned WHERE pruned.blob = OLD.base_id)"
    ),
}
"""By table and verb, what is allowed; everything else is refused."""
