"""Examples of webhooks for the OpenAPI document."""

from groupchat.http.documents.examples import CONVERSATION_ID, CREATED_AT, EVENT, SENT_AT, Json

WEBHOOK_ID = "whk_01996f0c1e00aabbccddeeff0077"
NEW_WEBHOOK: Json = {
    "url": "https://crm.example.com/hooks/groupchat",
    "types": ["groupchat.conversation.message_sent", "groupchat.conversation.inbound_received"],
    "description": "CRM",
}
WEBHOOK: Json = NEW_WEBHOOK | {
    "id": WEBHOOK_ID,
    "active": True,
    "off_reason": None,
    "created_at": CREATED_AT,
    "secrets": [{"id": "whs_01996f0c1e00aabbccddeeff0078", "issued_at": CREATED_AT, "until": None}],
}
NEW_WEBHOOK_SHOWN: Json = WEBHOOK | {"secret": "whsec_Zm9yIHRoZSBleGFtcGxlIG9ubHksIG5vdCBhIGtleSE="}
WEBHOOK_STATUS: Json = WEBHOOK | {"position": 4711, "failing_since": None, "waiting": 0, "set_aside": 0}
WEBHOOK_ATTEMPT: Json = {
    "webhook_id": WEBHOOK_ID,
    "message_id": f"{WEBHOOK_ID}_4711",
    "position": 4711,
    "type": "groupchat.conversation.message_sent",
    "number": 1,
    "at": SENT_AT,
    "seconds": 0.0421,
    "delivered": True,
    "status": 204,
    "error": None,
    "next_at": None,
}
WEBHOOK_MESSAGE: Json = {
    "id": f"{CONVERSATION_ID}/4",
    "type": EVENT["type"],
    "timestamp": EVENT["at"],
    "workspace_id": "wsp_01996f0c1e00aabbccddeeff0000",
} | {name: EVENT[name] for name in ("stream", "version", "position", "actor", "correlation_id", "data")}
