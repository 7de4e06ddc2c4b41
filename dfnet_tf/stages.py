"""The stages of training: a table of what each stage runs, trains, needs, minimises and changes.

To add a stage, add a row to `STAGES`. A new kind of model goes to `models`; the row names it.

DF-Net's authors (Zou et al., 2018) first trained the flow network, then depth and motion, then all
three networks jointly from both sets of weights. In stage `flow`, preset `paper` follows their
released program. They did not release their depth stage; they only say that it had no
forward-backward mask. Our stage `depth` has no such mask either: before depth and motion are
learned, the mask hides exactly the pixels with wrong depth or motion.

Preset `paper` first trains motion against an untrained depth network. Without these steps its depth
saturates at the bound of the disparities, where the gradient vanishes: the pose network reads
stacked frames and learns slowly, and until then, nearer depth everywhere is the fastest way to more
parallax. The pose networks of the other presets compare features and do not need these steps.

Stage `distil` is not in the paper: see `models.depth_student` and `models.film_student`. The stage
is short because a student learns little more from the same teacher after a few hundred steps.
"""

from dataclasses import dataclass, field

NETWORKS = ("depth_net", "pose_net", "flow_net")
PRESETS = ("paper", "mobile", "tiny")
OBJECTIVES = ("paper", "robust")

# The terms of the two objectives, `losses.objective` and `losses.robust`.
PAPER_TERMS = (
    "rigid_photometric",
    "flow_photometric",
    "depth_smoothness",
    "flow_smoothness",
    "depth_consistency",
    "flow_consistency",
    "cross_task",
)
PAPER_FLOW_TERMS = ("flow_photometric", "flow_smoothness", "flow_consistency")
PAPER_DEPTH_TERMS = ("rigid_photometric", "depth_smoothness", "depth_consistency")
ROBUST_FLOW_TERMS = ("flow_photometric", "flow_smoothness", "flow_distillation")
ROBUST_DEPTH_TERMS = ("rigid_photometric", "depth_smoothness", "motion_consistency")
ROBUST_TERMS = (*ROBUST_DEPTH_TERMS, *ROBUST_FLOW_TERMS, "cross_task")

# Only clips with exact labels have the first term, and only films have the second.
OF_SOME_CLIPS = ("depth_edges", "depth_unit")
LABEL_TERMS = ("film_depth", *OF_SOME_CLIPS)


@dataclass(frozen=True)
class Stage:
    """One stage with one teacher.

    Attributes:
      model: the name of the model class, a key of `models.kinds.MODELS`.
      networks: the networks that a finished run contains.
      trained: the networks whose weights change; the others come from --init_from.
      terms: the names of the loss terms, by objective.
      changes: the settings that differ from the preset, by preset, named as in `Config.replace`.
      refused: flags that have no effect in this stage and are refused.
      knows_camera: whether the loss depends on the intrinsics, so that they can be learned.
    """

    model: str
    networks: tuple[str, ...]
    trained: tuple[str, ...]
    terms: dict[str, tuple[str, ...]]
    changes: dict[str, dict] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    knows_camera: bool = True

    @property
    def needs_trained_networks(self) -> bool:
        """True if training must start from networks that another run has trained."""
        return self.networks != self.trained

    @property
    def labels(self) -> str:
        """The kind of labels that a teacher gives: depth, flow, or scene for all networks."""
        if self.trained == NETWORKS:
            return "scene"
        return "flow" if "flow_net" in self.trained else "depth"


# The settings of stage distil, and those of its teacher `film`.
DISTIL = {
    "training__epochs": 4,
    "training__steps_per_epoch": 100,
    "training__learning_rate": 1e-4,
    "training__halve_at": (),
}
FILM = {
    **DISTIL,
    "training__epochs": 6,
    "training__learning_rate": 2e-4,
    "training__halve_at": (400, 500),
}
NO_FORWARD_BACKWARD_MASK = {"loss__rigid_occlusions": False}
# Flags refused in stages without labels; and in stages whose labels replace the objective.
OF_TEACHERS = ("teacher", "rounds")
WITHOUT_OBJECTIVE = ("objective", "cross_task", "imagenet", "intrinsics")

# stage -> teacher -> Stage.
STAGES = {
    "flow": {
        "network": Stage(
            model="DFNet",
            networks=("flow_net",),
            trained=("flow_net",),
            terms={"paper": PAPER_FLOW_TERMS, "robust": ROBUST_FLOW_TERMS},
            changes={
                "paper": {
                    "loss__census_radii": (1, 1, 1, 1, 1),
                    "training__epochs": 500,  # At 1e-4; the authors added as many epochs at 1e-5.
                    "training__halve_at": (),
                }
            },
            refused=("cross_task", "imagenet", "intrinsics", "rounds"),
            knows_camera=False,
        ),
        "truth": Stage(
            model="FlowStudent",
            networks=("flow_net",),
            trained=("flow_net",),
            terms=dict.fromkeys(OBJECTIVES, ("flow_error",)),
            changes=dict.fromkeys(PRESETS, {"data__num_frames": 2}),
            refused=(*WITHOUT_OBJECTIVE, "rounds"),
            knows_camera=False,
        ),
        "film": Stage(
            model="FlowStudent",
            networks=NETWORKS,
            trained=("flow_net",),
            terms=dict.fromkeys(OBJECTIVES, ("flow_error",)),
            changes=dict.fromkeys(PRESETS, FILM),
            refused=(*WITHOUT_OBJECTIVE, "rounds"),
            knows_camera=False,
        ),
    },
    "depth": {
        "network": Stage(
            model="DFNet",
            networks=("depth_net", "pose_net"),
            trained=("depth_net", "pose_net"),
            terms={"paper": PAPER_DEPTH_TERMS, "robust": ROBUST_DEPTH_TERMS},
            changes={
                "paper": {**NO_FORWARD_BACKWARD_MASK, "training__motion_first": 500},
                "mobile": NO_FORWARD_BACKWARD_MASK,
                "tiny": NO_FORWARD_BACKWARD_MASK,
            },
            refused=("cross_task", *OF_TEACHERS),
        )
    },
    "joint": {
        "network": Stage(
            model="DFNet",
            networks=NETWORKS,
            trained=NETWORKS,
            terms={"paper": PAPER_TERMS, "robust": ROBUST_TERMS},
            refused=OF_TEACHERS,
        )
    },
    "distil": {
        "network": Stage(
            model="DepthStudent",
            networks=NETWORKS,
            trained=("depth_net",),
            terms=dict.fromkeys(OBJECTIVES, ("depth_distillation",)),
            changes=dict.fromkeys(PRESETS, DISTIL),
            refused=WITHOUT_OBJECTIVE,
            knows_camera=False,
        ),
        "film": Stage(
            model="FilmStudent",
            networks=NETWORKS,
            trained=("depth_net",),
            terms=dict.fromkeys(OBJECTIVES, LABEL_TERMS),
            changes=dict.fromkeys(PRESETS, FILM),
            refused=WITHOUT_OBJECTIVE,
            knows_camera=False,
        ),
        "truth": Stage(
            model="FilmStudent",
            networks=NETWORKS,
            trained=("depth_net",),
            terms=dict.fromkeys(OBJECTIVES, LABEL_TERMS),
            changes=dict.fromkeys(PRESETS, FILM),
            refused=(*WITHOUT_OBJECTIVE, "rounds"),
            knows_camera=False,
        ),
    },
    "supervised": {
        "truth": Stage(
            model="SupervisedDFNet",
            networks=NETWORKS,
            trained=NETWORKS,
            terms=dict.fromkeys(
                OBJECTIVES, ("depth_error", "flow_error", "motion_error", "scene_flow_error")
            ),
            changes=dict.fromkeys(PRESETS, {"data__num_frames": 2}),
            refused=("objective", "cross_task", "intrinsics", "rounds"),
        )
    },
}
TEACHERS = ("network", "film", "truth")


def of(training) -> Stage:
    """The stage of a run with the `config.TrainingConfig` given."""
    return STAGES[training.stage][training.teacher]


def first_teacher(stage: str) -> str:
    """The teacher of a stage unless another one is chosen."""
    return next(iter(STAGES[stage]))


def staged(config, stage: str, teacher: str | None = None):
    """Returns the preset's settings `config`, changed for a stage.

    Args:
      config: a `config.Config`.
      stage: flow, depth, joint, distil or supervised.
      teacher: network, film or truth; the stage must have it. Default: its first.
    """
    teacher = teacher or first_teacher(stage)
    changes = STAGES[stage][teacher].changes.get(config.network.name, {})
    if config.loss.objective != "paper":  # The other objective has its own masks and windows.
        changes = {name: value for name, value in changes.items() if not name.startswith("loss__")}
    return config.replace(training__stage=stage, training__teacher=teacher, **changes)
