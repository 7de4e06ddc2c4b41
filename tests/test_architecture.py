"""Who may import whom."""

import ast
import functools
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAINS = {
    "dfnet_tf.prepare",
    "dfnet_tf.train",
    "dfnet_tf.evaluate",
    "dfnet_tf.predict",
    "dfnet_tf.demo",
    "dfnet_tf.import_checkpoint",
    "dfnet_tf.publish",
    "export.export_tflite",
    "export.benchmark",
    "export.check_gpu",
    "benchmarks.flicker",
    "benchmarks.loader",
    "benchmarks.phone",
    "benchmarks.quantization",
    "benchmarks.results",
    "benchmarks.scaling",
}
ONLY_FOR_MAINS = ("dfnet_tf.flags", "dfnet_tf.mains")

NETWORK = ("dfnet_tf.model", "dfnet_tf.networks", "dfnet_tf.losses", "dfnet_tf.geometry")
LIBRARY = (
    *NETWORK,
    "dfnet_tf.student",
    "dfnet_tf.film_student",
    "dfnet_tf.config",
    "dfnet_tf.presets",
    "dfnet_tf.interruption",
    "dfnet_tf.outputs",
    "dfnet_tf.progress",
    "dfnet_tf.visualize",
    "dfnet_tf.error_pictures",
    "dfnet_tf.inference",
    "dfnet_tf.film",
    "dfnet_tf.prediction",
    "dfnet_tf.data",
    "dfnet_tf.evaluation",
    "dfnet_tf.training",
)
# What each part may import from this project, besides itself. The longest name that fits counts.
ALLOWED = {
    "dfnet_tf": LIBRARY,  # The package's own __init__.py, which may offer public names.
    "dfnet_tf.config": (),
    "dfnet_tf.presets": ("dfnet_tf.config",),
    "dfnet_tf.interruption": (),
    "dfnet_tf.outputs": (),
    "dfnet_tf.progress": (),
    "dfnet_tf.visualize": (),
    "dfnet_tf.error_pictures": ("dfnet_tf.visualize", "dfnet_tf.evaluation"),
    "dfnet_tf.geometry": (),
    "dfnet_tf.networks": ("dfnet_tf.geometry",),
    "dfnet_tf.losses": ("dfnet_tf.geometry",),
    "dfnet_tf.losses.objective": ("dfnet_tf.losses", "dfnet_tf.geometry", "dfnet_tf.config"),
    "dfnet_tf.losses.robust": ("dfnet_tf.losses", "dfnet_tf.geometry", "dfnet_tf.config"),
    "dfnet_tf.replicas": (),
    "dfnet_tf.model": (*NETWORK, "dfnet_tf.config", "dfnet_tf.replicas"),
    "dfnet_tf.student": (*NETWORK, "dfnet_tf.config"),
    "dfnet_tf.film_student": (*NETWORK, "dfnet_tf.config"),
    "dfnet_tf.film": (
        "dfnet_tf.geometry",
        "dfnet_tf.data",
        "dfnet_tf.outputs",
        "dfnet_tf.progress",
    ),
    "dfnet_tf.inference": (*NETWORK, "dfnet_tf.config"),
    "dfnet_tf.prediction": (
        "dfnet_tf.geometry",
        "dfnet_tf.data",
        "dfnet_tf.film",
        "dfnet_tf.inference",
        "dfnet_tf.visualize",
    ),
    "dfnet_tf.data": (
        "dfnet_tf.geometry",
        "dfnet_tf.config",
        "dfnet_tf.outputs",
        "dfnet_tf.progress",
    ),
    "dfnet_tf.evaluation": ("dfnet_tf.geometry", "dfnet_tf.data", "dfnet_tf.progress"),
    "dfnet_tf.training": LIBRARY,
    "dfnet_tf.flags": ("dfnet_tf.config", "dfnet_tf.presets", "dfnet_tf.training.stages"),
    "dfnet_tf.mains": ("dfnet_tf.interruption",),
    **{main: (*LIBRARY, *ONLY_FOR_MAINS) for main in MAINS},
    "dfnet_tf.demo": (*LIBRARY, *ONLY_FOR_MAINS, "export"),
    "export": ("dfnet_tf.networks", "dfnet_tf.geometry", "dfnet_tf.config", "dfnet_tf.outputs"),
    "export.export_tflite": (*LIBRARY, *ONLY_FOR_MAINS, "export"),
    "export.benchmark": (*LIBRARY, *ONLY_FOR_MAINS, "export"),
    "export.check_gpu": (*LIBRARY, *ONLY_FOR_MAINS, "export"),
    "benchmarks": (),
    "benchmarks.depth_change": ("dfnet_tf.geometry",),
    "benchmarks.flicker": (*LIBRARY, *ONLY_FOR_MAINS, "export", "benchmarks"),
    "benchmarks.machine_peak": ("benchmarks.multiply_adds",),
    "benchmarks.midas_small": ("dfnet_tf.networks",),
    "benchmarks.quantization": (*LIBRARY, *ONLY_FOR_MAINS, "export", "benchmarks"),
    "benchmarks.phone": (*LIBRARY, *ONLY_FOR_MAINS, "export", "benchmarks"),
    "benchmarks.variants": ("export",),
    "benchmarks.loader": (*LIBRARY, *ONLY_FOR_MAINS),
    "benchmarks.trainings": ("dfnet_tf.config", "dfnet_tf.presets"),
    "benchmarks.results": (*LIBRARY, *ONLY_FOR_MAINS, "benchmarks"),
    "benchmarks.scaling": (*LIBRARY, *ONLY_FOR_MAINS),
}
# These run on every backend of Keras; the model names TensorFlow only inside its train step.
WITHOUT_TENSORFLOW = ("dfnet_tf.geometry", "dfnet_tf.networks", "dfnet_tf.losses")


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {
    module_name(path): path
    for folder in ("dfnet_tf", "export", "benchmarks")
    for path in sorted((ROOT / folder).rglob("*.py"))
}


def within(module: str, part: str) -> bool:
    return module == part or module.startswith(part + ".")


def imported_by(nodes) -> set[str]:
    """Full names of what import statements among `nodes` name; "." for relative ones."""
    names = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            prefix = "." if node.level else f"{node.module}."
            names |= {prefix + alias.name for alias in node.names}
    return names


@functools.cache
def imports(module: str) -> set[str]:
    return imported_by(ast.walk(parse(module)))


def parse(module: str) -> ast.Module:
    return ast.parse(FILES[module].read_text(), FILES[module])


def part_of(module: str) -> str:
    """The longest name in the table that `module` lies within; a new top-level file has none."""
    parts = [part for part in ALLOWED if within(module, part) and part != "dfnet_tf"]
    return max(parts, key=len, default=module)


def violations(is_forbidden) -> list[str]:
    """ "file: import" for every import that `is_forbidden(module, imported)`."""
    return [
        f"{FILES[module].relative_to(ROOT)}: imports {imported}"
        for module in FILES
        for imported in sorted(imports(module))
        if is_forbidden(module, imported)
    ]


def is_ours(name: str) -> bool:
    return any(within(name, package) for package in ("dfnet_tf", "export", "benchmarks"))


def test_every_file_has_its_place_in_the_table():
    assert len(FILES) > 10
    homeless = [str(FILES[module]) for module in FILES if part_of(module) not in ALLOWED]
    assert not homeless, "Say in ALLOWED what these may import."


@pytest.mark.parametrize("part", sorted(ALLOWED))
def test_a_part_imports_only_what_the_table_allows(part):
    def is_forbidden(module, imported):
        allowed = (part, *ALLOWED[part]) if part != "dfnet_tf" else ALLOWED[part]
        return (
            part_of(module) == part
            and is_ours(imported)
            # `from dfnet_tf import config` and `from dfnet_tf.config import Config` alike.
            and not any(within(imported, name) for name in allowed)
        )

    assert not violations(is_forbidden)


def test_nobody_imports_a_main():
    assert not violations(lambda _, name: any(within(name, main) for main in MAINS))


def test_flags_and_mains_are_imported_by_mains_alone():
    def is_forbidden(module, imported):
        return module not in MAINS and any(within(imported, name) for name in ONLY_FOR_MAINS)

    assert not violations(is_forbidden)


def test_networks_geometry_and_losses_need_no_tensorflow():
    def is_forbidden(module, imported):
        return within(imported, "tensorflow") and any(
            within(module, part) for part in WITHOUT_TENSORFLOW
        )

    assert not violations(is_forbidden)


def test_importing_the_model_needs_no_tensorflow():
    names = imported_by(parse("dfnet_tf.model").body)
    assert not any(within(name, "tensorflow") for name in names), "dfnet_tf/model.py, at its top"


def test_imports_are_absolute():
    assert not violations(lambda _, imported: imported.startswith("."))


def test_every_main_ends_through_mains_run():
    written = [main for main in MAINS if main in FILES]
    without = [FILES[main] for main in written if "mains.run(main)" not in FILES[main].read_text()]
    assert not without, "These report their errors in their own way."
