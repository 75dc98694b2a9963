"""Texts that every transcript has."""

LEGEND = (
    "The entries are in the order of time. Messages are quoted as they were stored, character by character. Control "
    "characters, and characters that turn the direction of writing, are shown as codes such as \\u202e. A status is the "
    "last one that was reported for a recipient, with the time of the report. Each entry ends with the event that it is "
    "taken from, and that event's position in the log. R15 and similar marks name the rules in docs/product.md. Media are "
    "listed by their addresses. A transcript doesn't show who has read what, or which messages were judged not to be an "
    "opt-out (R40)."
)
WHAT_PROVES_IT = (
    "This transcript is made from stored events, and adds none. It is not signed itself: the events prove what it says, and"
    " a checkpoint, which is a signature over all events of the log up to a position, proves the events."
)
GET_A_CHECKPOINT = (
    "To verify: 1. Get the log's verifier key and a checkpoint from somebody other than the operator, for example from an "
    "auditor who received it at the time."
)
EXPORT = "2. Let the operator export the events of the conversation with this command:"
RUN = (
    "3. Run examples/verify_export.py on the export, with the key and the checkpoint. The program contains nothing of "
    "groupchat, and prints RIGHT if each event is the one that was signed."
)
COMPARE = (
    "4. Compare the entries above with the events in the export, by their positions. docs/proof.md describes each step, and"
    " what a proof doesn't show."
)
MISSING = (
    "Characters that no font of this file has are shown as codes. The same transcript as HTML or plain text has them. They are: "
)
