"""Examples of explanations for the OpenAPI document."""

from groupchat.http.documents.examples import ANN, BOB, CONVERSATION_ID, MESSAGE_ID, REPLIED_AT, SENT_AT, Json


def _event(stream: str, version: int, topic: str, position: int, at: str) -> Json:
    """Return a reference to an event."""
    return {"stream": stream, "version": version, "type": f"groupchat.{topic}", "position": position, "at": at}


_SENT = _event(CONVERSATION_ID, 2, "conversation.message_sent", 41, SENT_AT)
_STARTED = _event(f"delivery-{MESSAGE_ID}", 1, "delivery.started", 43, SENT_AT)
_OPTED_OUT = _event(CONVERSATION_ID, 4, "conversation.participant_opted_out", 57, REPLIED_AT)
_STOPPED: Json = {
    "says": f'Bob ({BOB}) opted out, by a keyword in the message msg_01996f0c9a77 ("STOP") (R14), reported by Bob ({BOB}).',
    "event": _OPTED_OUT,
    "wrong": False,
}
_NOTHING_SINCE: Json = {
    "says": f"Nothing was sent or handed over after the last opt-out: the last message before it is {MESSAGE_ID} (R16).",
    "event": _SENT,
    "wrong": False,
}
EXPLANATION: Json = {
    "kind": "message",
    "id": MESSAGE_ID,
    "conversation_id": CONVERSATION_ID,
    "verdict": "sent",
    "summary": "The message was sent: nobody had opted out when its hand-over to the carrier started (R16).",
    "decided_by": _STARTED,
    "contradicts": False,
    "grounds": [
        {"says": "Nobody had opted out of the group, so nothing prevented the message (R15).", "event": None, "wrong": False},
        {"says": "The carrier reported the status delivered for all 2 participants.", "event": _STARTED, "wrong": False},
    ],
}
ENTRY_EXPLANATION: Json = EXPLANATION | {
    "kind": "entry",
    "id": f"{CONVERSATION_ID}/2/1",
    "verdict": "charged",
    "summary": "The entry was charged because the message was accepted at this moment: one segment for each participant (R24).",
    "decided_by": _SENT,
    "grounds": [
        {
            "says": f"It charges the message {MESSAGE_ID} to {ANN}: 1 MMS segment at 0.0200 USD: 0.0200 USD (R24, R25).",
            "event": _SENT,
            "wrong": False,
        }
    ],
}
BLOCK_EXPLANATION: Json = {
    "kind": "conversation",
    "id": CONVERSATION_ID,
    "conversation_id": CONVERSATION_ID,
    "verdict": "blocked",
    "summary": f"Nothing can be sent since Bob ({BOB}) opted out, by a keyword in the message msg_01996f0c9a77 (R15).",
    "decided_by": _OPTED_OUT,
    "contradicts": False,
    "grounds": [_STOPPED, _NOTHING_SINCE],
}
PARTICIPANT_EXPLANATION: Json = BLOCK_EXPLANATION | {"kind": "participant", "id": BOB}
