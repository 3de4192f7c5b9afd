"""What was requested of a run, kept until its folder has a config: a run that is cut off before can be begun again."""

import json
from typing import Any, TypedDict, cast

from unspool.errors import ModelFolderError
from unspool.folder.atomic import CONFIG, UNFINISHED, write_atomically
from unspool.folder.model_folder import ModelFolder, parse_json


class Request(TypedDict):
    """What was requested.

    Attributes:
        task: is the name of the task.
        settings: were requested, by section.
        start_from: is the path of the model to start from; none starts from random weights.
    """

    task: str
    settings: dict[str, dict[str, Any]]
    start_from: str | None


def write_request(folder: ModelFolder, request: Request) -> None:
    """Write what was requested of the run of a folder that has no config yet."""
    write_atomically(folder.training / UNFINISHED, json.dumps(request))


def read_request(folder: ModelFolder) -> Request | None:
    """Return what was requested of a run that was cut off while its data were read; none where there is no such run.

    Raises:
        ModelFolderError: the file is damaged.
    """
    path = folder.training / UNFINISHED
    if (folder.path / CONFIG).exists() or not path.is_file() or not path.stat().st_size:
        return None
    found = parse_json(path.read_bytes(), str(path))
    if found.keys() != Request.__annotations__.keys() or not isinstance(found["settings"], dict):
        raise ModelFolderError(f"{path} is damaged.", "train again, with the command of before.")
    return cast(Request, found)
