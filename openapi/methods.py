"""Methods of the Python client for the operations of an OpenAPI document."""

from textwrap import indent

from openapi.python_types import Json, PythonTypes, docstring, optional, spelled


def method(types: PythonTypes, path: str, verb: str, operation: Json) -> str:
    """Return the method of an operation: it describes the call, and its decorator makes it."""
    answer, item = _answer(types, operation)
    arguments = _query(types, operation)
    call = [f"method={verb.upper()!r}", f"path={_filled(path)}", *([] if answer == "None" else [f"answer={answer}"])]
    call += [f"query=given({_passed(path, arguments)})"] if arguments else []
    fields, options = _body(types, path, operation)
    arguments |= fields
    call += options
    headers = _headers(operation)
    arguments |= headers
    call += [f"{name}={name}" for name in headers] + (["takes_key=True"] if "idempotency_key" in headers else [])
    kind = f"ListCall[{answer}, {item}]" if item else f"Call[{answer}]"
    lines = [
        "@listing" if item else "@operation",
        f"def {operation['operationId']}({_signature(path, arguments)}) -> {kind}:",
        indent(docstring(operation["description"]), "    "),
        f"    return {'ListCall' if item else 'Call'}({', '.join(call)})",
    ]
    return indent("\n".join(lines), "    ")


def _answer(types: PythonTypes, operation: Json) -> tuple[str, str | None]:
    """Return the type of a response, and that of its items if it is a page."""
    success = next(response for status, response in operation["responses"].items() if status[0] == "2")  # a part (206) comes later
    if not success.get("content"):
        return "None", None
    content = next(iter(success["content"].values()))
    name = types.annotation(content["schema"])
    properties = types.schemas.get(name, {}).get("properties", {})
    is_page = {"items", "next_cursor"} <= properties.keys()
    return name, types.annotation(properties["items"]["items"]) if is_page else None


def _query(types: PythonTypes, operation: Json) -> dict[str, str]:
    """Return the arguments that become query parameters; `format` is left out, because it selects another type of response."""
    found = [each for each in operation["parameters"] if each.get("in") == "query" and each["name"] != "format"]
    return {each["name"]: _argument(types.annotation(each["schema"], taken=True), required=each["required"]) for each in found}


def _body(types: PythonTypes, path: str, operation: Json) -> tuple[dict[str, str], list[str]]:
    """Return the arguments that become a body, and the options of the call."""
    body = operation.get("requestBody")
    if body is None:
        return {}, []
    media, content = next(iter(body["content"].items()))  # others are for programs without this client
    if media != "application/json":
        return {"file": "bytes"}, ["body=file", f"media={media!r}"]
    shape = types.schemas[content["schema"]["$ref"].rpartition("/")[2]]
    required = shape.get("required", [])
    fields = {
        name: _argument(types.annotation(schema, taken=True), required=name in required)
        for name, schema in shape["properties"].items()
    }
    return fields, [f"body=given({_passed(path, fields)})" + ("" if body["required"] else " or None")]


def _headers(operation: Json) -> dict[str, str]:
    """Return the arguments that become headers, with what the call has for each."""
    names = {each["$ref"].rpartition("/")[2] for each in operation["parameters"] if "$ref" in each}
    known = {"IfMatch": ("if_match", "int | None = None"), "IdempotencyKey": ("idempotency_key", "str | None = None")}
    return {argument: annotation for name, (argument, annotation) in known.items() if name in names}


def _argument(annotation: str, *, required: bool) -> str:
    return annotation if required else f"{optional(annotation)} = UNSET"


def _passed(path: str, arguments: dict[str, str]) -> str:
    return ", ".join(f"{spelled(name)}={_argued(path, name)}" for name in arguments)


def _argued(path: str, name: str) -> str:
    """Return the argument for a parameter or field; a field with the same name as a part of the path is about another thing."""
    return f"other_{name}" if name in _names(path) else spelled(name)


def _signature(path: str, arguments: dict[str, str]) -> str:
    """Return the parameters: those of the path by position, then what is required, then the rest."""
    named = [f"{_argued(path, name)}: {annotation}" for name, annotation in arguments.items()]
    ordered = sorted(named, key=lambda each: "=" in each)
    return ", ".join(["self", *(f"{spelled(each)}: str" for each in _names(path)), *(["*", *ordered] if ordered else [])])


def _names(path: str) -> list[str]:
    return [part.partition("}")[0] for part in path.split("{")[1:]]


def _filled(path: str) -> str:
    """Return a path as an expression in which each parameter is quoted."""
    names = _names(path)
    for name in names:
        path = path.replace(f"{{{name}}}", f"{{quote({spelled(name)}, safe='')}}")
    return f"f{path!r}" if names else repr(path)
