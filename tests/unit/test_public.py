"""The public list of names is what can be imported, and importing it is cheap."""

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import unspool


def test_every_public_name_can_be_imported() -> None:
    assert sorted(unspool.__all__) == unspool.__all__
    for name in unspool.__all__:
        assert callable(getattr(unspool, name))
        assert name in dir(unspool)


def test_a_type_checker_sees_the_names_that_can_be_imported() -> None:
    tree = ast.parse(Path(unspool.__file__).read_text(encoding="utf-8"))
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    seen = {(node.module, name.name) for node in block.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert sorted(name for _, name in seen) == unspool.__all__
    for module, name in seen:
        assert getattr(import_module(str(module)), name) is getattr(unspool, name)


def test_no_part_of_the_package_takes_the_place_of_a_public_name() -> None:
    """Importing a sub-package sets its name in the package, over whatever `__getattr__` would give."""
    code = "import unspool; unspool.load; assert callable(unspool.train), unspool.train"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'unspool' has no attribute 'tran'"):
        _ = unspool.tran


def test_importing_the_package_imports_no_library() -> None:
    heavy = "{'numpy', 'torch', 'pydantic', 'tokenizers', 'typer', 'rich'}"
    code = f"import sys, unspool; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_reading_a_model_imports_no_training_framework(model_folder: object) -> None:
    use = f"unspool.load({str(model_folder)!r}).generate('a', max_new_tokens=3)"
    code = f"import sys, unspool; {use}; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_what_keras_people_use_imports_tensorflow_when_it_is_called() -> None:
    names = "unspool.from_keras, unspool.batches, unspool.keras_callback"
    code = f"import sys, unspool; {names}; print(sorted({{'tensorflow', 'keras', 'torch'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
