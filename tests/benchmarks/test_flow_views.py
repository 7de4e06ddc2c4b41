"""Windows on a pair with true flow."""

import numpy as np

from benchmarks import flow_views


class ShiftedNoise:
    """A pair whose second picture is the first, moved by (u, v) = (3, 2) pixels."""

    name = "shifted"
    picture = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)

    def first(self):
        return self.picture

    def second(self):
        return np.roll(self.picture, (2, 3), axis=(0, 1))

    def truth(self):
        valid = np.zeros((60, 90), np.float32)
        valid[20:40, 32:44] = 1  # Inside every window, also after the motion.
        return {"noc": (np.full((60, 90, 2), (3.0, 2.0)), valid)}


def test_every_view_s_flow_leads_to_the_same_colour_in_its_second_picture():
    found = list(flow_views.views([ShiftedNoise()]))
    assert len({view.name for view in found}) == 8
    for view in found:
        flow, valid = view.truth()["noc"]
        y, x = np.nonzero(valid)
        assert len(y) > 100
        u, v = flow[y, x].astype(int).T
        np.testing.assert_array_equal(view.first()[y, x], view.second()[y + v, x + u])


def test_only_mirrors_turn_the_flow_round():
    signs = [view.truth()["noc"][0][0, 0].tolist() for view in flow_views.views([ShiftedNoise()])]
    assert signs == 4 * [[3.0, 2.0], [-3.0, 2.0]]
