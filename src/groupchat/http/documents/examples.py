"""Examples for the API's documentation: one small story in JSON. A test decodes each by its type."""

from typing import Any

from groupchat.values.carrier_codes import meaning_of

Json = dict[str, Any]

CONVERSATION_ID = "cnv_01996f0c1f3a9c3b52f7d1e0a4b2"
SUCCESSOR_ID = "cnv_01996f0d77c21e6a90b3c4d5e6f7"
MEDIA_ID = "med_01996f0c1f3a9c3b52f7d1e0a4b2"
MESSAGE_ID = "msg_01996f0c2b408f1d6e5c4b3a2910"
CONTACT_ID = "ctc_01996f0c1f3a4b5d9a8877665544"
OTHER_CONTACT_ID = "ctc_01996f0c1f3a4b5d9a8877665545"
USER_ID = "usr_01996f0c1e00aabbccddeeff0011"
BUSINESS = "+14155550100"
ANN, BOB = "+14155550101", "+14155550102"
CREATED_AT, SENT_AT, REPLIED_AT = "2025-01-31T23:59:30Z", "2025-01-31T23:59:31.250000Z", "2025-02-01T00:00:05Z"


def page(*items: Json) -> Json:
    """Return the last page of a list."""
    return {"items": list(items), "next_cursor": None, "prev_cursor": None}


NEW_MESSAGE: Json = {"body": "Practice moves to 6 pm \u26bd"}
NEW_PICTURE: Json = {
    "body": "The map",
    "media": [{"url": "https://media.example.com/map.png", "content_type": "image/png"}],
}
NEW_UPLOADED: Json = {"media": [{"media_id": MEDIA_ID}]}
UPLOADED_FILE: Json = {
    "id": MEDIA_ID,
    "url": f"/v1/media/{MEDIA_ID}",
    "content_type": "image/jpeg",
    "size": 48_213,
    "sha256": "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef",
    "width": 1280,
    "height": 960,
}
NEW_CONVERSATION: Json = {
    "from": "(415) 555-0100",
    "participants": [{"contact_id": CONTACT_ID}, {"number": "415-555-0102", "name": "Bob"}],
    "name": "Saturday crew",
    "message": NEW_MESSAGE,
}

QUEUED: Json = {"status": "queued", "code": None, "reason": None, "parts": []}
USER: Json = {"kind": "user", "id": USER_ID, "name": "Olivia", "number": None}
MESSAGE: Json = {
    "id": MESSAGE_ID,
    "conversation_id": CONVERSATION_ID,
    "direction": "outbound",
    "author": USER,
    "body": NEW_MESSAGE["body"],
    "media": [],
    "at": SENT_AT,
    "version": 2,
    "recipients": [
        {"number": ANN, "status": "delivered", "code": None, "reason": None, "parts": []},
        {"number": BOB, "status": "failed", "code": "30006", "reason": meaning_of("30006"), "parts": []},
    ],
    "reactions": [{"emoji": "\N{THUMBS UP SIGN}", "number": ANN, "name": "Ann", "at": REPLIED_AT}],
}
INBOUND_MESSAGE: Json = MESSAGE | {
    "id": "msg_01996f0c9a7755443322110099aa",
    "direction": "inbound",
    "author": {"kind": "participant", "id": BOB, "name": "Bob", "number": BOB},
    "body": "I'm in",
    "at": REPLIED_AT,
    "version": 3,
    "recipients": [],
    "reactions": [],
}
CONVERSATION: Json = {
    "id": CONVERSATION_ID,
    "from": BUSINESS,
    "name": "Saturday crew",
    "display_name": "Saturday crew",
    "blocked": False,
    "blocked_by": [],
    "participant_count": 2,
    "kind": "group",
    "unread_count": 0,
    "version": 2,
    "created_at": CREATED_AT,
    "created_by": USER_ID,
    "last_activity_at": SENT_AT,
    "last_message": {
        "id": MESSAGE_ID,
        "author": USER,
        "direction": "outbound",
        "body": NEW_MESSAGE["body"],
        "at": SENT_AT,
    },
    "predecessor_id": None,
    "successor_id": None,
    "metadata": {"deal": "4711"},
}
INBOX: Json = page(CONVERSATION | {"matched": None}) | {"total": 1, "unread": 0}
BLOCKED_CONVERSATION: Json = CONVERSATION | {"blocked": True, "blocked_by": [BOB], "version": 4}
SUCCESSOR: Json = CONVERSATION | {
    "id": SUCCESSOR_ID,
    "version": 1,
    "last_activity_at": CREATED_AT,
    "last_message": None,
    "predecessor_id": CONVERSATION_ID,
}
PANE: Json = {
    "participants": [
        {
            "number": ANN,
            "name": "Ann",
            "contact_id": CONTACT_ID,
            "tags": ["updated"],
            "opted_out_at": None,
            "opted_in_at": None,
        },
    ],
    "opted_out": [
        {
            "number": BOB,
            "name": "Bob",
            "contact_id": None,
            "tags": [],
            "opted_out_at": REPLIED_AT,
            "opted_in_at": None,
        },
    ],
}
EVENT: Json = {
    "type": "groupchat.conversation.participant_opted_out",
    "stream": CONVERSATION_ID,
    "version": 4,
    "position": 42,
    "at": REPLIED_AT,
    "actor": {"kind": "participant", "id": BOB},
    "correlation_id": "req_01996f0c1f3a9c3b52f7d1e0a4b2",
    "data": {"number": BOB, "cause": "keyword", "evidence": "msg_01996f0c9a7755443322110099aa", "contact_id": None},
}
HISTORY_PAGE: Json = {"items": [EVENT], "next_cursor": None}

STATE: Json = {
    "conversation": {name: value for name, value in CONVERSATION.items() if name != "unread_count"},
    "participants": {"participants": [*PANE["participants"], PANE["opted_out"][0] | {"opted_out_at": None}], "opted_out": []},
    "messages": [MESSAGE | {"recipients": [QUEUED | {"number": ANN}, QUEUED | {"number": BOB}], "reactions": []}],
    "next_cursor": None,
    "version": 2,
    "position": 40,
    "at": SENT_AT,
}

CHECKPOINT: Json = {
    "origin": "chat.example.com",
    "size": 2,
    "root": "T1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=",
    "note": (
        "chat.example.com\n2\nT1X2GdkhUjV3iyufF9b0kVsWFxIU0VI4EpNml2Teci4=\n\n"
        "— chat.example.com Ga5qfT3JpueC1A3/Gfv1rSLeq9lEsDPgPB2oXwXFMR//MkueAbLOEuCRGoqXpuxF0g0dCqDo6lIZfnJuorHcE3i6tQE=\n"
    ),
}
PROOF: Json = {
    "position": 2,
    "size": 2,
    "proof": "c2sp.org/tlog-proof@v1\nindex 1\n0Nc2CrefWKseHj/mStd+LqC8B+NrX0btIiPt2SmN+ek=\n\n" + CHECKPOINT["note"],
}

REFUSAL: Json = {
    "id": "refusals-wsp_01996f0c1e00aabbccddeeff0000-2025-02-01/1",
    "at": "2025-02-01T00:00:07Z",
    "user_id": USER_ID,
    "rule": "R15",
    "slug": "conversation-blocked",
    "operation": "POST /v1/conversations/{conversation_id}/messages",
    "about": {"conversation_id": CONVERSATION_ID, "contact_ids": [], "business_number": None, "numbers": [BOB]},
    "times": 1,
    "first_at": "2025-02-01T00:00:06.900000Z",
    "last_at": "2025-02-01T00:00:06.900000Z",
    "no_more_of": None,
    "correlation_id": EVENT["correlation_id"],
}
HIDDEN: Json = REFUSAL | {
    "id": "refusals-wsp_01996f0c1e00aabbccddeeff0000-2025-02-01/2",
    "at": "2025-02-01T00:01:10Z",
    "rule": "R22",
    "slug": "not-found",
    "operation": "GET /v1/contacts/{contact_id}",
    "about": {"conversation_id": None, "contact_ids": [CONTACT_ID], "business_number": None, "numbers": []},
    "times": 12,
    "first_at": "2025-02-01T00:00:10.500000Z",
    "last_at": "2025-02-01T00:01:09.250000Z",
}

WORKSPACE_ID = "wsp_01996f0c1e00aabbccddeeff0000"
WORKSPACE: Json = {"id": WORKSPACE_ID, "name": "Riverside Youth Football", "created_at": CREATED_AT, "default_number": BUSINESS}

NEW_CONTACT: Json = {"name": "Ann", "number": "415 555 0101", "secondary_numbers": ["+44 20 7946 0018"]}
CONTACT: Json = {
    "id": CONTACT_ID,
    "name": "Ann",
    "number": ANN,
    "secondary_numbers": ["+442079460018"],
    "assigned_to": None,
    "dnd": False,
    "deleted": False,
    "version": 1,
    "created_at": CREATED_AT,
    "updated_at": CREATED_AT,
    "external_id": "crm-4711",
    "metadata": {"segment": "vip"},
}

CONTACT_SHOWN: Json = CONTACT | {"same_number_as": [OTHER_CONTACT_ID]}

CONTACT_SHEET = "external_id,name,number\r\ncrm-4711,Ann,415 555 0101\r\n"
LINE_RESULT: Json = {"line": 2, "outcome": "created", "contact_id": CONTACT_ID, "problem": None, "same_number_as": []}

NEW_NUMBER: Json = {"number": "(415) 555-0100", "label": "Front desk", "default": True}
NUMBER: Json = {"number": BUSINESS, "label": "Front desk", "default": True, "assigned_to": None, "carrier": None}
NUMBER_WITH_DND: Json = {"number": BOB, "since": REPLIED_AT, "contact_id": CONTACT_ID, "left_behind": True}
REASON: Json = {"reason": "Clicked on the wrong person"}
POLICY: Json = {
    "preset": "heymarket",
    "min_participants": 2,
    "max_participants": 10,
    "allowed_regions": ["US", "CA"],
    "reopen_on_opt_in": False,
    "opt_out_keywords": ["basta"],
    "opt_in_keywords": [],
}

AUTO_REPLIES: Json = {
    "confirms_opt_outs": True,
    "answers_help": True,
    "opt_out_texts": {
        "en": "{business}: You are opted out and will get no more messages. Reply START to opt in again.",
        "es": "{business}: Usted se dio de baja y no recibe otro mensaje. Responda START para volver.",
        "fr": "{business}: Vous ne recevrez plus de messages. Répondez START pour les recevoir de nouveau.",
    },
    "help_texts": {
        "en": "{business}: Call 415 555 0100 for help. Reply STOP to opt out.",
        "es": "{business}: Si desea ayuda, escriba su pregunta y una persona responde. Responda STOP para darse de baja.",
        "fr": "{business}: Pour obtenir de l'aide, posez ici votre question. Répondez STOP pour ne plus rien recevoir.",
    },
}

ENTRY: Json = {
    "id": f"{CONVERSATION_ID}/2/1",
    "at": SENT_AT,
    "conversation_id": CONVERSATION_ID,
    "message_id": MESSAGE_ID,
    "recipient": ANN,
    "kind": "mms",
    "segments": 1,
    "rate": "0.0200",
    "amount": "0.0200",
    "currency": "USD",
    "event": {"stream": CONVERSATION_ID, "conversation_id": CONVERSATION_ID, "version": 2},
    "carrier_cost": {"amount": "0.0080", "currency": "USD"},
}

HANDSET_WRITES: Json = {"from": BOB, "to": BUSINESS, "body": "I'm in"}
HANDSET_STOPS: Json = {"from": BOB, "to": BUSINESS, "group": [ANN], "body": "STOP"}
ARRIVED: Json = {"conversation_id": CONVERSATION_ID, "message_id": INBOUND_MESSAGE["id"]}
HANDSET_MESSAGE: Json = {
    "from": BUSINESS,
    "group": [BOB],
    "body": NEW_MESSAGE["body"],
    "media": [],
    "at": SENT_AT,
}

NEW_USER: Json = {"name": "Max", "email": "max@example.com", "role": "member"}
USER_SHOWN: Json = {
    "id": USER_ID,
    "name": "Max",
    "email": "max@example.com",
    "role": "member",
    "assigned_only": False,
    "active": True,
    "external_id": "crm-42",
}
CHANGED_USER_SHOWN: Json = USER_SHOWN | {"role": "admin", "ended_keys": []}
NEW_USER_SHOWN: Json = USER_SHOWN | {"api_key": "gck_01996f0c1e00aabb_Zm9yIHRoZSBleGFtcGxlIG9ubHkgMTIzNDU2Nzg"}
KEY_SHOWN: Json = {
    "id": "key_01996f0c1e00aabbccddeeff0022",
    "label": "CRM",
    "issued_at": CREATED_AT,
    "expires_at": None,
    "last_used_at": SENT_AT,
}
NEW_KEY_SHOWN: Json = {
    "id": KEY_SHOWN["id"],
    "label": "CRM",
    "issued_at": CREATED_AT,
    "expires_at": None,
    "api_key": NEW_USER_SHOWN["api_key"],
}
NEW_SESSION: Json = {"api_key": NEW_USER_SHOWN["api_key"]}
SESSION: Json = {
    "workspace_id": "wsp_01996f0c1e00aabbccddeeff0000",
    "user_id": USER_ID,
    "csrf_token": "2f1c7d5e0b7b4d2f8a3c9e6d1b0a4f5e7c8d9b6a3f2e1d0c5b4a7988f6e5d4c3",
    "expires_at": REPLIED_AT,
}
CARRIER: Json = {
    "name": "telnyx",
    "default": True,
    "native_group": True,
    "max_participants": 8,
    "max_characters": 1600,
    "max_files": 10,
    "max_media_bytes": 1000000,
    "recent": {
        "messages": 2,
        "queued": 0,
        "unconfirmed": 0,
        "sent": 1,
        "partial": 0,
        "delivered": 4,
        "failed": 1,
        "withheld": 0,
        "put_off": 0,
        "waiting_since": None,
    },
}
ROLE: Json = {"role": "member", "group_chat": True}
NEW_RATE: Json = {"effective_from": "2025-02-01", "mms_segment": "0.0250", "currency": "USD"}
RATE: Json = NEW_RATE | {"n": 1}
_TOTAL: Json = {"currency": "USD", "segments": 2, "amount": "0.0400", "costs_reported": 2, "carrier_cost": "0.0160"}
STATEMENT: Json = {
    "month": "2025-01",
    "from": "2025-01-01T00:00:00Z",
    "to": "2025-02-01T00:00:00Z",
    "totals": [_TOTAL],
    "numbers": [{"business_number": BUSINESS, "totals": [_TOTAL]}],
    "conversations": [
        {
            "business_number": BUSINESS,
            "conversation_id": CONVERSATION_ID,
            "currency": "USD",
            "segments": 2,
            "amount": "0.0400",
            "costs_reported": 2,
            "carrier_cost": "0.0160",
            "entries_url": f"/v1/ledger?conversation_id={CONVERSATION_ID}&from=2025-01-01&to=2025-02-01",
        },
    ],
}
STATEMENT_SHEET = (
    "month,business_number,conversation_id,currency,segments,amount,costs_reported,carrier_cost,entries_url\r\n"
    f"2025-01,tel:{BUSINESS},{CONVERSATION_ID},USD,2,0.0400,2,0.0160,{STATEMENT['conversations'][0]['entries_url']}\r\n"
)
