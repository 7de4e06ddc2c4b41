"""The model classes by the names that `stages` uses."""

from dfnet_tf import stages
from dfnet_tf.config import Config
from dfnet_tf.models.depth_student import DepthStudent
from dfnet_tf.models.dfnet import DFNet
from dfnet_tf.models.film_student import FilmStudent
from dfnet_tf.models.flow_student import FlowStudent
from dfnet_tf.models.supervised_dfnet import SupervisedDFNet

MODELS = {
    kind.__name__: kind for kind in (DFNet, DepthStudent, FilmStudent, FlowStudent, SupervisedDFNet)
}


def model_of(config: Config, num_cameras: int = 0) -> DFNet:
    """Returns the unbuilt model that these settings train; see `DFNet` for `num_cameras`."""
    return MODELS[stages.of(config.training).model](config, num_cameras=num_cameras)
