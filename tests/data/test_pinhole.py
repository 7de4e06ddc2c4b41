import numpy as np

from dfnet_tf.data import pinhole


def test_ninety_degrees_see_as_far_sideways_as_ahead():
    focal = pinhole.focal_length(90.0, 640)
    np.testing.assert_allclose(focal, 320.0)
    camera = pinhole.central(focal, (480, 640))
    edge = np.linalg.inv(camera) @ [639.5, 239.5, 1]  # The outer edge of the last column.
    np.testing.assert_allclose(edge, [1.0, 0.0, 1.0], atol=1e-12)


def test_edges_of_a_crop_become_edges_of_its_resized_image():
    # Columns 10 to 19 become 0 to 29, rows 4 to 7 become 0 to 1, in a border of 5 and 2 pixels.
    move = pinhole.new_from_old((3.0, 0.5), (10, 4), (5, 2))
    first, last = np.array([9.5, 3.5, 1]), np.array([19.5, 7.5, 1])
    np.testing.assert_allclose(move @ first, [4.5, 1.5, 1])
    np.testing.assert_allclose(move @ last, [34.5, 3.5, 1])
