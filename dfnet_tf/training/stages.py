"""The stages of training: what each changes of a preset's settings.

DF-Net's authors (Zou et al., 2018) trained the flow network alone, then depth with motion, then all
three jointly, from the weights of both. `paper`'s flow stage is that of their program. Its depth
stage was never released; all that is known of it is that it had no forward-backward mask. So it is
here: while depth and motion know nothing, their forward-backward check hides whatever they have
wrong, and what is hidden costs nothing.
"""

from dfnet_tf.config import Config

CHANGES = {
    "flow": {
        "paper": {
            "loss__census_radii": (1, 1, 1, 1, 1),
            "training__epochs": 500,  # At 1e-4; then as many at 1e-5, on the data that matter.
            "training__halve_at": (),
        }
    },
    "depth": {name: {"loss__rigid_occlusions": False} for name in ("paper", "mobile", "tiny")},
    "joint": {},
}


def staged(config: Config, stage: str) -> Config:
    """A preset's settings for a stage: flow, depth or joint."""
    changes = CHANGES[stage].get(config.network.name, {})
    if config.loss.objective != "paper":  # Another objective has masks and windows of its own.
        changes = {name: value for name, value in changes.items() if not name.startswith("loss__")}
    return config.replace(training__stage=stage, **changes)
