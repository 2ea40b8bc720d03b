"""EventProcessing (reference 5.1). A scenario holds no events, so every list of them is empty (our choice)."""

from __future__ import annotations

from tallybridge.sandbox.ksc.calls import Answer, Context, Method
from tallybridge.sandbox.ksc.errors import bad_format
from tallybridge.sandbox.ksc.filters import parse_filter
from tallybridge.sandbox.ksc.sessions import ResultSet


def create_event_processing(call: Context) -> Answer:
    """Opens an iterator over events; the filter's text is checked like that of FindHosts."""
    text = call.arguments.params("pFilter").get("KLEVP_RFC2254_FILTER", "")
    if not isinstance(text, str):
        raise bad_format("KLEVP_RFC2254_FILTER must be a string")
    parse_filter(text, call.now)
    call.arguments.names("vecFieldsToReturn")
    result = ResultSet([], dict, call.arguments.integer("lifetimeSec", 0), call.now)
    return {"strIteratorId": call.session.keep(result)}


def get_record_count(call: Context) -> Answer:
    """How many events the iterator has."""
    return {"PxgRetVal": len(call.session.result(call.arguments.text("strIteratorId"), call.now))}


def get_record_range(call: Context) -> Answer:
    """Events from one place to another, both zero-based and included."""
    result = call.session.result(call.arguments.text("strIteratorId"), call.now)
    start, end = call.arguments.integer("nStart"), call.arguments.integer("nEnd")
    return {"pParamsEvents": {"KLEVP_EVENT_RANGE_ARRAY": result.range(start, end - start + 1, short=call.suffers("short_chunks"))}}


def release_iterator(call: Context) -> Answer:
    """Forgets the iterator."""
    call.session.release(call.arguments.text("strIteratorId"))
    return {}


EVENT_CALLS: dict[str, Method] = {
    "EventProcessingFactory.CreateEventProcessing": create_event_processing,
    "EventProcessingFactory.CreateEventProcessing2": create_event_processing,
    "EventProcessing.GetRecordCount": get_record_count,
    "EventProcessing.GetRecordRange": get_record_range,
    "EventProcessing.ReleaseIterator": release_iterator,
}
