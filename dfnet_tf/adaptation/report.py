"""The report of a run on a film."""

from dfnet_tf.adaptation import findings, parts
from dfnet_tf.adaptation.offer import Offer
from dfnet_tf.adaptation.own_film import OwnFilm
from dfnet_tf.adaptation.page import Page
from dfnet_tf.adaptation.record import Record
from dfnet_tf.program import commands, outputs


def report(film: OwnFilm, record: Record) -> dict:
    """Writes report.html."""
    page = Page(film.path.name)
    page.paragraph(verdict(record), "verdict")
    page.film(film.output / "prediction" / "panel.mp4")
    page.paragraph(
        "Frame, depth (light: near), flow to the next frame, flow of a static world, their "
        "difference, and what moves by itself."
    )
    page.heading("What the film offers")
    page.paragraph(str(film) + ".")
    page.table(_offer_rows(record))
    page.paragraph(Offer(**record["look"]["offer"]).verdict)
    page.heading("What was learned")
    _add_learned(page, film, record)
    if (path := film.output / "prediction" / "trajectory.png").exists():
        page.heading("Path of the camera, from above")
        page.picture(path, "path of the camera from above")
    page.heading("What to distrust")
    page.bullets(findings.findings(film, record))
    page.heading("Models")
    sizes = record["export"]["models"].items()
    page.table([["file", "MB"], *([f"models/{name}", f"{n / 1e6:.1f}"] for name, n in sizes)])
    page.heading("Next")
    page.commands(next_commands(film, record))
    with outputs.whole_file(film.output / "report.html") as path:
        path.write_text(page.text(), encoding="utf-8")
    print(f"  {verdict(record)}")
    return {}


def verdict(record: Record) -> str:
    """Whether the networks were adapted, and how well depth agrees with the film."""
    judged, reason = record["judge"], record["adapt"].get("kept_as_is")
    if reason:
        return f"The networks stayed as they were: {reason}"
    before, after = (one["geometric"] for one in judged["agreements"])
    change = f"from {before:.0%} to {after:.0%}"
    if judged["improved"]:
        return f"Adapted: depth's distance from the film's own geometry fell {change}."
    return (
        "Adapting did not help, so the networks stayed as they were: depth's distance from the "
        f"film's own geometry went {change}."
    )


def _offer_rows(record: Record) -> list[list[str]]:
    offer = Offer(**record["look"]["offer"])
    return [
        ["", ""],
        ["picture that flow follows to the next frame", f"{offer.followed:.0%}"],
        ["parallax", f"{offer.parallax:.1f} pixels"],
        ["rotation", f"{offer.turn:.2f} degrees"],
        ["moves by itself", f"{offer.moving:.0%}"],
        ["share of the film's geometry in depth", f"{offer.confidence:.0%}"],
        ["horizontal field of view", f"{record['prepare']['fov_degrees']:.1f} degrees"],
    ]


def _add_learned(page: Page, film: OwnFilm, record: Record) -> None:
    judged = record["judge"]
    names = ["start", "adapted"]
    rows = [["held-back frames", "gap to the film's geometry", "photometric error", "frames"]]
    for name, one in zip(names, judged["agreements"], strict=False):
        rows.append(
            [name, f"{one['geometric']:.3f}", f"{one['photometric']:.4f}", str(one["frames"])]
        )
    page.table(rows)
    page.paragraph(
        "The gap is the mean difference of log depth to triangulated depth, where that is sure: "
        "0.1 is about 10 %. Each frame's depth is first scaled to the film's. The photometric "
        "error compares a frame with its neighbours, warped by depth and motion. Flow is "
        f"{judged['flow_error']:.2f} pixels from DIS flow of {judged['flow_length']:.1f} pixels."
    )
    for path in sorted((film.output / "judged").glob("*.png")):
        page.picture(path, "held-back frame, depth before and after adapting, geometry, confidence")


def next_commands(film: OwnFilm, record: Record) -> list[str]:
    """Commands that lead on from here, ready to be pasted."""
    whole = parts.predict_command(film, record, "whole_prediction", frames=None)
    clouds = parts.predict_command(film, record, "clouds", point_clouds="0:100:10")
    again = parts.predict_command(film, record, "prediction", overwrite=True)
    return [
        "# The whole film",
        commands.shown(whole),
        "# Point clouds",
        commands.shown(clouds),
        "# The commands of this report",
        commands.shown(parts.prepare_command(film)),
        commands.shown(parts.train_command(film)),
        commands.shown(again),
        *(
            commands.shown(parts.export_command(film, record, *name.split(".")[0].split("_")))
            for name in record["export"]["models"]
        ),
    ]
