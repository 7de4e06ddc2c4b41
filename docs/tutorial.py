"""Depth, flow, motion, points and adaptation of a rendered street, whose truth is known.

python -m docs.tutorial OUTPUT    a minute or two on 2 cores; OUTPUT is a new folder
"""

import sys
from pathlib import Path

import numpy as np

import dfnet_tf
from dfnet_tf import stages, visualize
from dfnet_tf.config import Config
from dfnet_tf.data.clips import read_clips
from dfnet_tf.data.files import ply_files
from dfnet_tf.data.files.image_files import write_rgb
from dfnet_tf.data.sources import synthetic
from dfnet_tf.evaluation import depth_metrics, flow_metrics, pose_metrics
from dfnet_tf.prediction import point_cloud
from dfnet_tf.program import locations
from dfnet_tf.training import loop

output = Path(sys.argv[1])
output.mkdir(parents=True)

# 1. A film of 8 frames, 192x576, and its truth. A clip folder is what every command reads.
street = synthetic.render_clip(seed=7, num_frames=8, height=192, width=576)
synthetic.write_clip(street, output / "street")
first, second = street.images[:2]  # uint8 RGB [H, W, 3]

# 2. Depth of a frame. Its unit of length is unknown, so that it is scaled before it is judged.
mobile = locations.run_folder("mobile")
net = dfnet_tf.load(mobile)


def depth_error(networks):
    depth, truth = networks.depth(first), street.depth[0]
    scale = depth_metrics.median_scale(depth[truth > 0], truth[truth > 0])
    return np.mean(np.abs(scale * depth - truth)[truth > 0] / truth[truth > 0])


write_rgb(output / "depth.png", visualize.color_depth(net.depth(first)))
print(f"Depth is wrong by {depth_error(net):.0%} on average.")

# 3. Flow from the first frame to the second, in pixels.
flow = net.flow(first, second)
errors = flow_metrics.flow_errors(flow, street.forward_flow[0], street.forward_visible[0])
write_rgb(output / "flow.png", visualize.color_flow(flow))
print(f"Flow is wrong by {errors['epe']:.2f} pixels on average.")

# 4. The camera's path through the film, in the unit of depth, and the points that it saw.
views = list(net.film(output / "street"))
path = np.stack([view.camera_to_first for view in views])
error = pose_metrics.trajectory_errors(path, street.camera_to_world)["ate_sim3"]
length = np.linalg.norm(np.diff(street.camera_to_world[:, :3, 3], axis=0), axis=-1).sum()
print(f"The path of {length:.1f} m is wrong by {error:.3f} m, after the best scale and rotation.")
points, colours = point_cloud.points(views[0], street.intrinsics)
ply_files.write_ply(output / "points.ply", points, colours, "unknown unit, first camera's axes")

# 5. Adaptation: the depth network learns from labels of this street, here from its true depth.
#    For a film without truth the teacher is "film"; `dfnet run` does all of it with one command.
config = stages.staged(Config.load(mobile / "config.json"), "distil", "truth").replace(
    data__height=128,
    data__width=384,
    data__batch_size=2,
    training__epochs=1,
    training__steps_per_epoch=10,
    training__learning_rate=1e-4,
    training__jit_loss=False,  # Compiling pays after hundreds of steps.
)
loop.train(config, read_clips(output / "street"), output / "run", init_from=[mobile])
print(f"After 10 steps, depth is wrong by {depth_error(dfnet_tf.load(output / 'run')):.0%}.")
