"""The stages of training: what each changes of a preset's settings.

DF-Net's authors (Zou et al., 2018) trained the flow network alone, then depth with motion, then all
three jointly, from the weights of both. `paper`'s flow stage is that of their program. Its depth
stage was never released; all that is known of it is that it had no forward-backward mask. So it is
here: while depth and motion know nothing, their forward-backward check hides whatever they have
wrong, and what is hidden costs nothing.

`paper`'s depth would end at the bound of its disparities, where no gradient is left: until its
motion, read off stacked frames, is learned, nearer everywhere is the quickest way to more parallax.
So motion is learned first, against the depth of a network that knows nothing. The other presets'
motion compares features, and needs no such start.

`distil` is no stage of the paper's: see `student`. It is short: what there is to be had from one
teacher is had after some hundred steps.
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
    "depth": {
        "paper": {"loss__rigid_occlusions": False, "training__motion_first": 500},
        "mobile": {"loss__rigid_occlusions": False},
        "tiny": {"loss__rigid_occlusions": False},
    },
    "joint": {},
    "distil": dict.fromkeys(
        ("paper", "mobile", "tiny"),
        {
            "training__epochs": 4,
            "training__steps_per_epoch": 100,
            "training__learning_rate": 1e-4,
            "training__halve_at": (),
        },
    ),
}


# What teacher film changes of stage distil.
FILM = {
    "training__epochs": 6,
    "training__learning_rate": 2e-4,
    "training__halve_at": (400, 500),
}


def staged(config: Config, stage: str, teacher: str = "network") -> Config:
    """A preset's settings for a stage: flow, depth, joint or distil, there with its teacher."""
    changes = dict(CHANGES[stage].get(config.network.name, {}))
    if teacher == "film":
        changes |= {**FILM, "training__teacher": teacher}
    if config.loss.objective != "paper":  # Another objective has masks and windows of its own.
        changes = {name: value for name, value in changes.items() if not name.startswith("loss__")}
    return config.replace(training__stage=stage, **changes)
