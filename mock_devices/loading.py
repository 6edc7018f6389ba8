"""Read a scenario file: YAML in which every scalar is text, so that `9.20` stays `9.20`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mock_devices.scenario import Scenario

PACKAGED = Path(__file__).parent / "scenarios"


class ScenarioError(ValueError):
    """A scenario that cannot be used; the message names file, key, what was seen and expected."""


class _TextLoader(yaml.SafeLoader):
    """No numbers, dates or booleans; null and merge keys stay; a key twice is an error."""


_TextLoader.yaml_implicit_resolvers = {
    first: [one for one in rules if one[0] in {"tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"}]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _TextLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[str] = set()
    for key, _ in node.value:
        if key.value in seen and key.value != "<<":
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {key.value!r} stands here twice", key.start_mark
            )
        seen.add(str(key.value))
    loader.flatten_mapping(node)
    return loader.construct_mapping(node, deep=True)


_TextLoader.add_constructor("tag:yaml.org,2002:map", _mapping)


def load_scenario(path: Path | str) -> Scenario:
    """Return the scenario of a file, or of a packaged one by name (`demo`).

    Raises:
        ScenarioError: It cannot be read, or does not fit; every problem is in the one message.
    """
    where = Path(path)
    if not where.suffix and not where.exists():
        where = PACKAGED / f"{path}.yaml"
    try:
        text = where.read_text(encoding="utf-8")
    except OSError as error:
        known = ", ".join(sorted(one.stem for one in PACKAGED.glob("*.yaml")))
        raise ScenarioError(
            f"{where}: cannot read this scenario ({error.strerror}); packaged scenarios: {known}"
        ) from error
    return parse_scenario(text, where)


def parse_scenario(text: str, where: Path) -> Scenario:
    """Return the scenario that a text describes; ``where`` is for messages."""
    try:
        # A subclass of SafeLoader: builds plain values only.
        data = yaml.load(text, Loader=_TextLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{where}:{mark.line + 1}:{mark.column + 1}" if mark else str(where)
        raise ScenarioError(f"{place}: {getattr(error, 'problem', error)}") from error
    if not isinstance(data, dict):
        raise ScenarioError(f"{where}: expected a map with the key 'devices', saw {type(data).__name__}")
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError(_explain(where, data, error)) from error
    return scenario.model_copy(update={"source": where})


def _explain(where: Path, data: dict[str, Any], error: ValidationError) -> str:
    lines = []
    for one in error.errors(include_url=False):
        keys = [str(part) for part in one["loc"]]
        path = ".".join(keys) or "(the whole file)"
        name = _device_name(data, one["loc"])
        seen = repr(one["input"])
        seen = seen if len(seen) <= 60 else seen[:57] + "..."
        said = one["msg"].removeprefix("Value error, ")
        if one["type"] == "extra_forbidden":
            said = "no such key"
        lines.append(f"{where}: {path}{name}: {said} (saw {seen})")
    return "\n".join(lines)


def _device_name(data: dict[str, Any], place: tuple[int | str, ...]) -> str:
    if len(place) > 1 and place[0] == "devices" and isinstance(place[1], int):
        one = data["devices"][place[1]]
        if isinstance(one, dict) and "name" in one:
            return f" (device {one['name']})"
    return ""
