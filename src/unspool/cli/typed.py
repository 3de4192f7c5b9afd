"""Name settings in an error as the person gave them: the flag that was typed, the variable, the key of a recipe."""

import os
import re
from collections.abc import Iterable, Sequence
from typing import Any

from unspool.errors import UnspoolError, UsageError

TYPED = "unspool.typed"  # in the meta of a context: parameter -> the flags that were typed


def typed_flags(params: Iterable[Any], args: Sequence[str]) -> dict[str, list[str]]:
    """Return the flags that were typed for each parameter, by its name, as far as it is among some arguments.

    Args:
        params: are those of the command.
        args: are what was typed after the command.
    """
    flags = {flag: param.name for param in params for flag in (*param.opts, *param.secondary_opts)}
    found: dict[str, list[str]] = {}
    for word in args:
        if word == "--":
            break
        long, short = word.partition("=")[0], word[:2]
        flag = long if long in flags else short
        if flag in flags and word.startswith("-"):
            found.setdefault(flags[flag], []).append(flag)
    return found


def name_in(context: Any, param: Any, usual: str) -> str:
    """Return how a person gave the value of a parameter: the flag, or the environment variable.

    Args:
        context: is the one of the command.
        param: is the parameter.
        usual: is returned where it is not known.
    """
    source = context.get_parameter_source(param.name)
    if source is not None and source.name == "ENVIRONMENT":
        return str(_variable(context, param) or usual)
    return str(context.meta.get(TYPED, {}).get(param.name, [usual])[-1])


def as_given(error: UnspoolError, context: Any) -> UnspoolError:
    """Return an error about settings that names each as the person gave it; any other stays as it is.

    Args:
        error: names settings as Python does.
        context: is the one of the command.
    """
    params = {param.name: param for param in context.command.params}
    names = {name: found for name in error.settings if (found := _given_name(context, params.get(name), error, name))}
    if not names or not isinstance(error, UsageError):  # of a file, not of what was given
        return error
    names |= {name: _usual_flag(name) for name in error.settings if name in params and name not in names}
    message = error.message.removeprefix(f"{error.where}: ")
    hint = error.hint
    for name, found in names.items():
        word = rf"(?<![\w-]){re.escape(name)}(?![\w-])"
        message = re.sub(rf"(Received: ){re.escape(name)}=", r"\1", message)
        message, hint = (re.sub(word, found.replace("\\", r"\\"), text, count=1) for text in (message, hint))
    error.message, error.hint = message, hint
    return error


def _given_name(context: Any, param: Any, error: UnspoolError, name: str) -> str:
    """Return how a setting was given; empty where it was not, so that the error says where it is from."""
    source = context.get_parameter_source(name) if param is not None else None
    if source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT"):
        return name_in(context, param, _usual_flag(name))
    recipe = context.params.get("config")
    return f"{name} of [{error.where}] in {recipe}" if recipe is not None and error.where else ""


def _usual_flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _variable(context: Any, param: Any) -> str | None:
    """Return the environment variable that gave the value of a parameter."""
    own = param.envvar if isinstance(param.envvar, list | tuple) else [param.envvar] if param.envvar else []
    usual = f"{context.auto_envvar_prefix}_{param.name}".upper().replace("-", "_")
    return next((name for name in (*own, usual) if os.environ.get(name)), None)
