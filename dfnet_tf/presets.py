"""The named settings: `paper`, `mobile` and `tiny`."""

import dataclasses

from dfnet_tf.config import (
    OBJECTIVES,
    Config,
    ConfigError,
    DataConfig,
    LossConfig,
    NetworkConfig,
    RobustLossConfig,
    TrainingConfig,
)

PRESETS = {
    # The settings of the paper and its released program, unchanged.
    "paper": Config(
        DataConfig(height=320, width=1152, num_frames=5, batch_size=4),
        NetworkConfig("paper", depth_downscale=2),
        LossConfig(),
        TrainingConfig(epochs=200, steps_per_epoch=1000, halve_at=(20_000, 100_000)),
    ),
    # For phones: light networks at one resolution, three frames, smaller census windows, flips.
    "mobile": Config(
        DataConfig(height=192, width=640, num_frames=3, batch_size=4, flip=True),
        NetworkConfig("mobile", imagenet=True, flow_upsampling="learned"),
        LossConfig(
            census_radii=(2, 2, 1, 1, 1),
            depth_smoothness=0.3,
            flow_smoothness=0.8,
            depth_consistency=0.1,
            flow_consistency=0.1,
            cross_task=0.3,
        ),
        TrainingConfig(
            epochs=40,
            steps_per_epoch=500,
            learning_rate=2e-4,
            halve_at=(10_000, 15_000),
            average_momentum=0.995,
        ),
    ),
    # For tests, the demo and CPUs: four levels, so that small images suffice. Census windows with 8
    # neighbours instead of 48 make the photometric terms smaller, so the other weights are smaller.
    "tiny": Config(
        DataConfig(height=96, width=320, num_frames=3, batch_size=2),
        NetworkConfig("tiny"),
        LossConfig(
            level_weights=(12.7, 4.35, 3.9, 3.4),
            census_radii=(1, 1, 1, 1),
            depth_smoothness=0.1,
            flow_smoothness=0.3,
            depth_consistency=0.05,
            flow_consistency=0.05,
            cross_task=0.1,
        ),
        TrainingConfig(
            epochs=12,
            steps_per_epoch=250,
            learning_rate=7e-4,
            halve_at=(2000, 2500),
            average_momentum=0.995,
        ),
    ),
}


def preset(name: str, objective: str = "paper") -> Config:
    """Returns the settings `name` with an objective; raises ConfigError for unknown names.

    The robust objective has one set of weights for all presets. It keeps the preset's census radii.
    """
    if name not in PRESETS:
        raise ConfigError(f"Expected a preset of {', '.join(PRESETS)}. Received: {name}.")
    if objective not in OBJECTIVES:
        raise ConfigError(
            f"Expected an objective of {', '.join(OBJECTIVES)}. Received: {objective}."
        )
    if objective == "paper":
        return PRESETS[name]
    loss = RobustLossConfig(census_radii=PRESETS[name].loss.census_radii)
    return dataclasses.replace(PRESETS[name], loss=loss)
